const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);
const LONGEST = 4000;

/**
 * Whether the model may link there.  Addresses without a scheme count as unsafe: on a
 * Jupyter server they would lead to the server's own pages, such as its logout.
 */
export function isSafeLink(address: string): boolean {
  return address.length <= LONGEST && SCHEMES.has(schemeOf(address) ?? '');
}

/** The host of a remote image, or `undefined` if it cannot be shown. */
export function imageHost(address: string): string | undefined {
  const scheme = schemeOf(address);
  return scheme === 'http:' || scheme === 'https:' ? new URL(address).host : undefined;
}

function schemeOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).protocol : undefined;
}
