/** Sent as a response header with every page of ours, so that no markup can weaken it. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' media: data: blob:",
  'media-src media: blob:',
  "font-src 'self'",
  "connect-src 'self' media:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
