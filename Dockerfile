# Postern over HTTP. Build: docker build -t postern .   Run: see .env.example
#   docker run --env-file .env -p 8080:8080 -v postern-data:/data postern

# Builds dist/ and leaves only what it needs at run time.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/mail-text/package.json packages/mail-text/
COPY packages/gmail-sandbox/package.json packages/gmail-sandbox/
# not `npm ci`: the lock file names only some platforms' optional packages
RUN npm install --no-save --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
COPY packages ./packages
# The packages of this repository are part of dist/; what npm leaves of them are links to folders that are not copied.
RUN node scripts/build.mjs && npm prune --omit=dev --no-save --no-audit --no-fund && rm -rf node_modules/@postern

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    POSTERN_HOST=0.0.0.0 \
    POSTERN_PORT=8080 \
    POSTERN_DATA_DIR=/data \
    POSTERN_CONFIG_DIR=/data/config
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The database lives in the volume; the sealing key should come from POSTERN_ENCRYPTION_KEY, not lie beside it.
RUN mkdir -p /data/config && chown -R node:node /data && chmod 700 /data /data/config
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.POSTERN_PORT + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--disable-sigusr1", "/app/dist/postern.mjs"]
CMD ["http"]
