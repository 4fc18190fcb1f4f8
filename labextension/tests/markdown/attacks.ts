// What a hostile model may write.

const JAVASCRIPT = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'javascript&colon;alert(1)',
  '&#106;avascript:alert(1)',
  '&#x6A;&#x61;vascript:alert(1)',
  'java&#9;script:alert(1)',
  'java&#10;script:alert(1)',
  'java&NewLine;script:alert(1)',
  '&#1;javascript:alert(1)',
  '\u00a0javascript:alert(1)',
  '%6Aavascript:alert(1)',
  'javascript://example.org/%0Aalert(1)',
  'vbscript:msgbox(1)',
  'data:text/html,<script>alert(1)</script>',
  'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  'data:image/svg+xml,<svg onload=alert(1)>',
  'DATA:text/html,x',
  'file:///etc/passwd',
  'blob:https://example.org/1',
  'filesystem:https://example.org/1',
  'view-source:https://example.org',
  'ftp://example.org',
  '/logout',
  '//example.org',
  '../api/contents',
  '#id',
  'x:y'
];

const LINKS = JAVASCRIPT.flatMap(address => [
  `[link](${address})`,
  `[link](<${address}>)`,
  `![image](${address})`,
  `<${address}>`,
  `[link][ref]\n\n[ref]: ${address}`
]);

const HTML = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=https://example.org/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<img src="https://example.org/x.png">',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x></svg>',
  '<math><mtext><script>alert(1)</script></mtext></math>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="javascript:alert(1)"></object>',
  '<embed src="javascript:alert(1)">',
  '<body onload=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<video><source onerror=alert(1)></video>',
  '<a href="javascript:alert(1)">x</a>',
  '<form action="javascript:alert(1)"><button>x</button></form>',
  '<input autofocus onfocus=alert(1)>',
  '<style>*{background:url(https://example.org)}</style>',
  '<link rel=stylesheet href=https://example.org>',
  '<meta http-equiv=refresh content="0;url=https://example.org">',
  '<base href="https://example.org/">',
  '<div id="jupyter-config-data" class="jc-Chat" style="position:fixed">x</div>',
  '<template><img src=x onerror=alert(1)></template>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?php echo 1 ?>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<textarea><script>alert(1)</script>',
  '</div></div><script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;img src=x onerror=alert(1)&#62;'
];

const MARKDOWN = [
  '[x](https://e.org "\\"onmouseover=alert(1)")',
  "[x](https://e.org '\"><script>alert(1)</script>')",
  '[x](https://e.org"onmouseover="alert(1))',
  '[x](https://e.org){onclick=alert(1)}',
  '# title {#id .class onclick=alert(1)}',
  '![x](https://e.org/x.png"onerror="alert(1))',
  '![<img src=x onerror=alert(1)>](https://e.org/x.png)',
  '![a](https://e.org/?secret=1)\n![b][r]\n\n[r]: https://e.org/2',
  '[![x](javascript:alert(1))](javascript:alert(2))',
  '[![x](https://e.org/x.png)](https://e.org)',
  '[<script>alert(1)</script>](https://e.org)',
  '[a [b](javascript:alert(1)) c](https://e.org)',
  '**<b onclick=alert(1)>**',
  '`<script>alert(1)</script>`',
  '```html\n<script>alert(1)</script>\n```',
  '```"><script>alert(1)</script>\n</code><script>alert(1)</script>\n```',
  '```js onclick=alert(1) class=x\nx\n```',
  '```__proto__\nx\n```',
  '```constructor\nx\n```',
  '| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |',
  '- [x] <img src=x onerror=alert(1)>',
  '> <script>alert(1)</script>',
  '<https://e.org/"onmouseover="alert(1)>',
  'https://e.org/"onmouseover="alert(1)',
  'https://e.org/<script>alert(1)</script>',
  'www.e.org/"onmouseover="alert(1)',
  'javascript:alert(1) as a bare address',
  '[__proto__]\n\n[__proto__]: javascript:alert(1)',
  '[constructor] [toString][] [x][hasOwnProperty]',
  '%%{init: {"securityLevel": "loose"}}%%'
];

const TEX = [
  '\\href{javascript:alert(1)}{x}',
  '\\href{https://example.org}{x}',
  '\\url{javascript:alert(1)}',
  '\\includegraphics{https://example.org/x.png}',
  '\\htmlId{jupyter-config-data}{x}',
  '\\htmlClass{jc-Chat}{x}',
  '\\htmlStyle{position:fixed;inset:0}{x}',
  '\\htmlData{x=1}{x}',
  '\\text{<img src=x onerror=alert(1)>}',
  '\\color{red;background:url(https://example.org)}x',
  '\\textcolor{expression(alert(1))}{x}',
  '\\def\\x{\\x\\x}\\x',
  '\\rule{9999em}{9999em}',
  '\\unknown{<script>alert(1)</script>}',
  '</annotation></semantics></math><script>alert(1)</script>'
];

export const ATTACKS: readonly string[] = [
  ...LINKS,
  ...HTML,
  ...MARKDOWN,
  ...TEX.flatMap(tex => [`$${tex}$`, `\\(${tex}\\)`, `$$\n${tex}\n$$`])
];

const many = (text: string, count = 10_000) => text.repeat(count);

/** What makes parsers, highlighters and browsers hang or overflow their stack. */
export const EXHAUSTING: Readonly<Record<string, string>> = {
  quotes: many('>') + 'x',
  'quotes with spaces': many('> ') + 'x',
  brackets: many('['),
  'nested brackets': many('[') + 'x' + many(']'),
  'links in links': many('[a](') + many(')'),
  images: many('![', 5000) + many('](x)', 5000),
  'nested lists': Array.from({ length: 500 }, (_, n) => `${'  '.repeat(n)}- x`).join(
    '\n'
  ),
  'lists in a line': many('- ') + 'x',
  stars: many('*'),
  'nested emphasis': many('*a **b ', 3000) + many('** *', 3000),
  underscores: many('_a__b'),
  backticks: Array.from({ length: 400 }, (_, n) => '`'.repeat(n) + 'x').join(' '),
  tildes: many('~~a '),
  dollars: many('$a ', 20_000),
  'dollars and backticks': many('$a ', 20_000) + '`$b$`',
  'double dollars': many('$$a\n', 400),
  'open formulas': many('\\(a ', 20_000),
  'open display formulas': many('\\[a\n'),
  'deep formula': `$${many('{', 2000)}x${many('}', 2000)}$`,
  'deep roots': `$$${many('\\sqrt{', 600)}x${many('}', 600)}$$`,
  entities: many('&#x;&amp', 20_000),
  'angle brackets': many('<a@b', 20_000),
  'bare addresses': many('https://', 1000),
  'bare hosts': many('www.a.', 1000),
  'mail addresses': many('a.b@', 20_000),
  'a wide table': `${many('|a', 200)}|\n${many('|-', 200)}|\n${many('|b\n', 40)}`,
  'link definitions': many('[a]: https://e.org\n', 5000) + many('[a]', 500),
  'open link definition': `[a]: https://e.org "${many('x\n', 20_000)}`,
  'a long line of code': `\`\`\`python\n${many('x = "', 12_000)}\n\`\`\``,
  'a long program': `\`\`\`javascript\n${many('/* <a> `${ \n', 5000)}\`\`\``,
  'a long word': many('x', 100_000),
  'blank lines': many('\n', 100_000),
  spaces: many(' ', 100_000) + 'x'
};
