// A browser knows the names of characters (`&amp;`) itself: a table of them would be a
// twentieth of the widget.  markdown-it asks for one at a time, with its `&` and `;`.

const area = document.createElement('textarea');

export function decodeHTMLStrict(text: string): string {
  area.innerHTML = text;
  const { value } = area;
  // Of `&notit;` a browser takes `&not`, and leaves the rest.
  return value.endsWith(';') && text !== '&semi;' ? text : value;
}
