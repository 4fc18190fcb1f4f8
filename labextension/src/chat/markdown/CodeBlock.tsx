import { memo, useEffect, useRef, useState } from 'react';
import { CopyButton } from '../components/CopyButton';
import { useChat } from '../components/context';
import { useCodeActions } from './codeActions';
import { type Stretch, highlighter } from './highlight';
import { Pieces } from './pieces';
import { soon } from './slices';

interface Props {
  /** What stands behind the fence: the language, perhaps more. */
  readonly info: string;
  readonly code: string;
  /** The model is still writing it. */
  readonly open?: boolean;
}

export const CodeBlock = memo(function CodeBlock({ info, code, open = false }: Props) {
  const { trans } = useChat();
  const Actions = useCodeActions();
  const [room, setRoom] = useState<HTMLElement | null>(null);
  const [pieces] = useState(() => new Pieces());
  const language = languageOf(info);
  const name = language === '' ? trans.__('Code') : language;
  const parts = pieces.update(code);
  return (
    <div className="jc-Code" dir="ltr">
      <div className="jc-Code-head">
        <span className="jc-Code-language">{name}</span>
        {Actions !== null && (
          <Actions code={code} language={language} open={open} room={room} />
        )}
        <CopyButton text={code} />
      </div>
      {Actions !== null && <div ref={setRoom} />}
      <pre tabIndex={0} aria-label={trans.__('Code: %1', name)}>
        <code>
          {parts.map((part, index) => (
            <CodePiece key={index} code={part} language={language} />
          ))}
        </code>
      </pre>
    </div>
  );
});

const LONGEST_NAME = 24;

/** "python" of "Python title=…", "{.python}", "{r, echo=FALSE}" or "python:main.py". */
function languageOf(info: string): string {
  const [name] = info
    .trim()
    .replace(/^\{\s*\.?/, '')
    .split(/[\s,:{}]/, 1);
  return name.toLowerCase().slice(0, LONGEST_NAME);
}

interface PieceProps {
  readonly code: string;
  readonly language: string;
}

const CodePiece = memo(function CodePiece({ code, language }: PieceProps) {
  const coloured = useColours(code, language);
  return (
    <span className="jc-Code-piece">
      {coloured.stretches.map(({ text, className }, index) =>
        className === undefined ? (
          text
        ) : (
          <span key={index} className={className}>
            {text}
          </span>
        )
      )}
      {code.slice(coloured.length)}
    </span>
  );
});

interface Coloured {
  readonly language: string;
  readonly code: string;
  readonly stretches: readonly Stretch[];
}

/** What was added gets its colours at once if it is much, else a little later. */
const MUCH = 1 / 8;
const LATER_MS = 200;

/** The coloured beginning of the code, and how long it is. */
function useColours(code: string, language: string) {
  const [coloured, setColoured] = useState<Coloured>();
  const isCurrent =
    coloured !== undefined &&
    coloured.language === language &&
    code.startsWith(coloured.code);
  const length = isCurrent ? coloured.code.length : 0;
  const added = language === '' ? 0 : code.length - length;
  const delay = added === 0 ? undefined : added > code.length * MUCH ? 0 : LATER_MS;
  const latest = useRef(code);
  useEffect(() => {
    latest.current = code;
  });

  useEffect(() => {
    if (delay === undefined) {
      return undefined;
    }
    let callOff: (() => void) | undefined;
    const timer = setTimeout(() => {
      callOff = soon(highlighter(), highlight => {
        const code = latest.current;
        const stretches = highlight(code, language);
        if (stretches !== undefined) {
          setColoured({ language, code, stretches });
        }
      });
    }, delay);
    return () => {
      clearTimeout(timer);
      callOff?.();
    };
  }, [delay, language, length]);

  return { length, stretches: isCurrent ? coloured.stretches : [] };
}
