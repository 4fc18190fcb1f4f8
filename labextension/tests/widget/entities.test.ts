import { decodeHTMLStrict as byTable } from 'entities';
import { expect, it } from 'vitest';
import { decodeHTMLStrict } from '../../src/widget/entities';

it('decodes as the table does that it stands for', () => {
  for (const name of [
    ...['amp', 'lt', 'nbsp', 'semi', 'copy', 'Aacute', 'NotEqualTilde', 'b.alpha', 'bne'],
    ...['notit', 'nothing', 'ampersand', 'fjlig', 'ThickSpace', 'Zopf', 'ac', 'apos']
  ]) {
    const text = `&${name};`;
    expect(decodeHTMLStrict(text), text).toBe(byTable(text));
  }
});
