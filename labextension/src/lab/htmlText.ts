/** Elements that stand on lines of their own. */
const BLOCKS = new Set(
  (
    'ADDRESS ARTICLE ASIDE BLOCKQUOTE CAPTION DD DETAILS DIV DL DT FIGCAPTION FIGURE FOOTER ' +
    'FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION SUMMARY TABLE TR UL'
  ).split(' ')
);
const UNSEEN = new Set(['HEAD', 'SCRIPT', 'STYLE', 'TEMPLATE', 'TITLE']);

/** What HTML says: its blocks on lines of their own, the cells of a table between bars. */
export function textOfHtml(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  return read(body, false)
    .replace(/[^\S\n]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function read(node: Node, asWritten: boolean): string {
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.nodeValue ?? '';
    return asWritten ? text : text.replace(/\s+/g, ' ');
  }
  if (!(node instanceof Element) || UNSEEN.has(node.nodeName)) {
    return '';
  }
  if (node.nodeName === 'BR') {
    return '\n';
  }
  if (node.nodeName === 'TR') {
    const cells = [...node.children].map(cell => read(cell, false).trim());
    return `${cells.map(cell => cell.replace(/\s*\n\s*/g, ' ')).join(' | ')}\n`;
  }
  const keeps = asWritten || node.nodeName === 'PRE';
  const text = [...node.childNodes].map(child => read(child, keeps)).join('');
  return BLOCKS.has(node.nodeName) ? `\n${keeps ? text : text.trim()}\n` : text;
}
