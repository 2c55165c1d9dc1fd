import { createTransport } from 'nodemailer';

export type Letter = { subject: string; text: string; html: string };

export type MailTransport = {
  /** @param id becomes the Message-ID, so that a second delivery of the same mail can be told */
  send(recipient: string, letter: Letter, id: string): Promise<void>;
  close(): void;
};

/** Sends through one SMTP server. No part of a letter may make it read files or fetch addresses. */
export function createMailTransport(smtpUrl: string, from: string): MailTransport {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 2,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(recipient, letter, id) {
      await transport.sendMail({
        from,
        to: { name: '', address: recipient },
        ...letter,
        messageId: `<${id}@pingplex>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    },
    close: () => transport.close(),
  };
}
