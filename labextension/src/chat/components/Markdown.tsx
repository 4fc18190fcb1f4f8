import { memo, useMemo, useState } from 'react';
import { Blocks } from '../markdown/BlockView';
import { finishedView } from '../markdown/finished';
import { MarkdownStream } from '../markdown/stream';

interface Props {
  readonly text: string;
  /** More text may follow. */
  readonly streaming: boolean;
}

/** What a model wrote. */
export const Markdown = memo(function Markdown({ text, streaming }: Props) {
  const [stream] = useState(() => new MarkdownStream());
  const { blocks, rest } = useMemo(
    () => (streaming ? stream.update(text, true) : finishedView(text, stream)),
    [stream, text, streaming]
  );
  return (
    <div className="jc-Markdown">
      <Blocks blocks={blocks} />
      {rest !== '' && <div className="jc-Markdown-rest">{rest}</div>}
    </div>
  );
});
