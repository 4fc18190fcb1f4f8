// Answers of all kinds, with what makes streaming them hard.

const PROSE = `# Fitting a line

Least squares finds the **slope** and the *intercept* that make the
~~error~~ *squared error* smallest. See <https://example.org/fit> or
https://docs.scipy.org/doc/, or write to help@example.org.

Setext heading
--------------

A hard break  
here, and \`code with $dollars$\` inline.

***

> A quote with *emphasis*
that goes on lazily
> > and one inside it.
>
> - with a list
> - in it

The end.
`;

const LISTS = `Steps:

1. Load the data

   \`\`\`python
   import pandas as pd
   df = pd.read_csv("a.csv")
   \`\`\`

2. Look at it
   - the head
   - the tail

     with a paragraph
3. Plot

- tight
- list
  - nested
    - deeper
- end

* another marker
* second

- [ ] open task
- [x] done task
- [link]

-
- after an empty item

  continued

10) starts at ten
11) eleven
- a
---
- b

text
- interrupts
  a paragraph
`;

const TABLES = `| Model | R² | Time |
|:------|:--:|-----:|
| Line | 0.91 | 3 ms |
| Spline | 0.97 | 12 ms |
| \`a\\|b\` | **bold** | $x$ |
Text that is a row too
| short |

Not a table | really

before
| a | b |
|---|---|
| 1 | 2 |

| only | head |
|------|------|

> | in | quote |
> |----|-------|
> | 1 | 2 |
`;

const CODE = `\`\`\`python
def f(x):
    """Not
    a list:

    - item
    """
    return x ** 2


print(f(3))
\`\`\`

~~~
tildes
\`\`\`
inside
~~~

    indented code

    more of it

\`\`\`\`md
\`\`\`py
nested
\`\`\`
\`\`\`\`

   \`\`\`js
   indented fence
   \`\`\`

\`\`\`

\`\`\`
after an empty one
\`\`\` not a closing fence
\`\`\`r
never closed

x <- 1
`;

const MATH = `The line $y = a x + b$ has \\(a\\) and \\(b\\), it costs $5 and $10.

$$
\\hat a = \\frac{\\sum_i (x_i - \\bar x) y_i}{\\sum_i (x_i - \\bar x)^2}
$$

Then
\\[
x
= y
- z
\\]
follows, or $$inline display$$ in a line, and \\[also so\\].

- item with

  $$
  a
  b
  $$
- next

\`$not math$\` and \\$5 and $HOME:$PATH, the $n$th.

$$
never closed

x_1
`;

const REFERENCES = `A [link][one] before its definition, and [two], and ![image][pic].

[two]: https://example.org/two "Title
over two lines"

Now [two] is known; *[one]* is not.

- a list with [one]
- and [two]

| a [one] | b |
|---|---|
| [two] | [one] |

[one]: https://example.org/one
[pic]: https://example.org/pic.png
`;

const ODD = `\t- tab
  -\ttab after
 1. one
  2. two
   3. three

#hashtag
####### seven
## closed ##

<div onclick="x">html</div>
&amp; &copy; &#x41; &nope;
\\* escaped \\_

a\r\nb\rc

[open link](https://exa
**open bold
\`open code
- list

      code in a list
- b
    continued
=

===

|a|
|-|
-
|b|
`;

const EMPTY_LINES = '\n\n\na\n\n\n\n- b\n\n\n- c\n\n\n\n\n\n    d\n\n\n';

const LONG_LIST = Array.from(
  { length: 80 },
  (_, index) =>
    `${index + 1}. Item **${index}** with \`code\`\n${index % 7 ? '' : '   - sub\n'}`
).join('');

const LONG_TABLE =
  '| n | square |\n|--:|--:|\n' +
  Array.from({ length: 80 }, (_, n) => `| ${n} | ${n * n} |\n`).join('') +
  '\nThat is all.\n';

export const DOCUMENTS: Readonly<Record<string, string>> = {
  prose: PROSE,
  lists: LISTS,
  tables: TABLES,
  code: CODE,
  math: MATH,
  references: REFERENCES,
  odd: ODD,
  'empty lines': EMPTY_LINES,
  'a long list': LONG_LIST,
  'a long table': LONG_TABLE,
  'all of them': [PROSE, LISTS, TABLES, CODE.replace(/```r[^]*/, ''), MATH].join('\n')
};
