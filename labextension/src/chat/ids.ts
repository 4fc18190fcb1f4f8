/** A UUIDv7 (RFC 9562), as the server makes them: ids sort by the time they were made. */
export function newId(): string {
  // `crypto.randomUUID` is missing on pages served over plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const stamp = nextStamp();
  for (let index = 0; index < 6; index++) {
    bytes[index] = Math.floor(stamp / 2 ** (8 * (5 - index))) % 256;
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20)
  ].join('-');
}

let lastStamp = 0;

function nextStamp(): number {
  lastStamp = Math.max(Date.now(), lastStamp + 1);
  return lastStamp;
}
