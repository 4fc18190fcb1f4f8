import { useEffect, useRef } from 'react';
import { Markdown } from './Markdown';
import { Thinking } from './Phase';
import { useChat } from './context';
import { useOnline } from './hooks';

interface Props {
  readonly text: string;
  /** The model is still at it. */
  readonly thinking: boolean;
}

/** What the model lets us see of its thinking: one line that folds open. */
export function Reasoning({ text, thinking }: Props) {
  const { trans } = useChat();
  const online = useOnline();
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (thinking && box.current !== null) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [text, thinking]);

  return (
    <details className="jc-Reasoning">
      <summary>
        {thinking && <Thinking />}
        {!(thinking && online) && trans.__('What it thought')}
      </summary>
      <div className="jc-Reasoning-text" ref={box}>
        <Markdown text={text} streaming={thinking} />
      </div>
    </details>
  );
}
