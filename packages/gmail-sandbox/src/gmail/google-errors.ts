// Google's error answers, in the shape the real API gives them (recorded and documented bodies).
// Knows nothing of mail. Authorization errors (401, missing scopes) belong to the OAuth half.

/** The `reason` of `errors[0]` and the HTTP status and `status` word that Google sends with it. */
const KINDS = {
  notFound: { code: 404, status: 'NOT_FOUND' },
  invalidArgument: { code: 400, status: 'INVALID_ARGUMENT' },
  failedPrecondition: { code: 400, status: 'FAILED_PRECONDITION' },
  forbidden: { code: 403, status: 'PERMISSION_DENIED' },
} as const;

/** Something Google answers with an error; caught by the routes. */
export class GoogleError extends Error {
  readonly reason: keyof typeof KINDS;

  constructor(reason: keyof typeof KINDS, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The answer for an error. */
export const googleErrorResponse = ({ reason, message }: GoogleError): Response => {
  const { code, status } = KINDS[reason];
  return googleJson({ error: { code, message, errors: [{ message, domain: 'global', reason }], status } }, code);
};

/** JSON as Google prints it: indented by two spaces, with its content type. */
export const googleJson = (body: unknown, status = 200): Response =>
  new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: {
      'Content-Type': 'application/json; charset=UTF-8',
      'Cache-Control': 'private',
      Vary: 'Origin, X-Origin, Referer',
    },
  });

/** For an account without a mailbox. */
export const mailServiceNotEnabled = (): Response =>
  googleErrorResponse(new GoogleError('failedPrecondition', 'Mail service not enabled'));

export const notFound = (): GoogleError => new GoogleError('notFound', 'Requested entity was not found.');
