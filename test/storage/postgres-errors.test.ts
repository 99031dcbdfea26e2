// What PostgreSQL may say at any moment (https://www.postgresql.org/docs/current/errcodes-appendix.html), and what becomes of it.
import { describe, expect, it } from 'vitest';
import { endsConnection, inOurWords, isSafeToRetry } from '../../src/storage/postgres/errors.ts';

const said = (code: string): Error => Object.assign(new Error('as the server says it'), { code });

describe('What PostgreSQL says', () => {
  it.each(['53000', '53200', '53300', '53400'])('of resources that it lacks (%s) is that it is busy', (code) => {
    expect(inOurWords(said(code), 'here')).toMatchObject({ name: 'StorageError', kind: 'busy' });
  });

  it('of a full disk is that, and of a defect nothing in our words', () => {
    expect(inOurWords(said('53100'), 'here')).toMatchObject({ kind: 'disk_full' });
    const defect = said('42703');
    expect(inOurWords(defect, 'here')).toBe(defect);
  });

  it.each(['25P03', '25P04', '57P01', '57P05'])('when it ends a session (%s) closes the connection', (code) => {
    expect(endsConnection(said(code))).toBe(true);
    expect(inOurWords(said(code), 'here')).toMatchObject({ kind: 'busy' });
  });

  it('of a session that was idle for too long lets the statement be made on another one', () => {
    expect(isSafeToRetry(said('57P05'))).toBe(true);
  });
});
