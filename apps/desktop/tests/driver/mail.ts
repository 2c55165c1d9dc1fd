/** One mail of the local mail sandbox, as its JSON tells it. */
type Mail = { readonly links: readonly string[] };

/**
 * Waits for the confirmation mail in the local mail sandbox and does what its page does when the button is pressed: sends the token that
 * stands behind the `#` of the link.
 * @param sandboxUrl address of the mail sandbox
 * @param address who the mail is for
 */
export async function confirmAddress(sandboxUrl: string, address: string): Promise<void> {
  const link = new URL(await waitForLink(sandboxUrl, address));
  const token = new URLSearchParams(link.hash.slice(1)).get('token');
  const answer = await fetch(new URL('/v1/auth/verification/confirm', link), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  if (!answer.ok) throw new Error(`the address could not be confirmed: HTTP ${answer.status}`);
}

/** The link in the newest mail to this address, as soon as there is one. */
export async function waitForLink(sandboxUrl: string, address: string): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(new URL(`/messages?to=${encodeURIComponent(address)}`, sandboxUrl));
    const { messages } = (await answer.json()) as { messages: readonly Mail[] };
    const link = messages[0]?.links[0];
    if (link !== undefined) return link;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no mail for ${address} came`);
}
