// A browser writes the names of hosts in ASCII itself.  What markdown-it shows of a link
// stays as it is: a name in ASCII cannot pass for another one.

export default {
  toASCII(host: string): string {
    try {
      return new URL(`http://${host}`).hostname;
    } catch {
      return host;
    }
  },
  toUnicode: (host: string): string => host
};
