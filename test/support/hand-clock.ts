// The clock that tests turn by hand; the fake Google of the same test goes by it too.
export { type HandClock, handClock } from '@postern/gmail-sandbox/hand-clock';
