/** A mail that the sandbox caught. */
export type CaughtMail = {
  id: string;
  receivedAt: string;
  to: string[];
  from: string;
  subject: string;
  text: string;
  html: string;
  /** Every http(s) address in the text. */
  links: string[];
};
