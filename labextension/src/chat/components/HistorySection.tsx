import { type DragEvent, useEffect, useRef, useState } from 'react';
import type { Problem } from '../protocol';
import { isFinal } from '../state/exchange';
import { FORMATS, useFormatNames } from './ExportMenu';
import { ImportProgress } from './ImportProgress';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { ExportIcon, ImportIcon } from './icons';

/** Taking one's whole history along, out and in. */
export function HistorySection() {
  const { services, trans } = useChat();
  const { takingAlong } = services;
  useEffect(() => {
    void takingAlong.load();
  }, [takingAlong]);
  return (
    <section className="jc-History" aria-labelledby="jc-history">
      <h3 id="jc-history">{trans.__('Your history')}</h3>
      <div className="jc-Cards">
        <ExportCard />
        <ImportCard />
      </div>
    </section>
  );
}

function ExportCard() {
  const { services, trans } = useChat();
  const names = useFormatNames();
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <section className="jc-Card">
      <h3>
        <ExportIcon />
        {trans.__('Take everything along')}
      </h3>
      <p>
        {trans.__(
          'Markdown and notebooks come as a zip with a file for each conversation.'
        )}
      </p>
      <div className="jc-Buttons">
        {FORMATS.map(format => (
          <button
            key={format}
            type="button"
            className="jc-Button"
            aria-label={trans.__('Export everything: %1', names[format])}
            onClick={() => {
              void services.takingAlong.export(format, null).then(setProblem);
            }}
          >
            {names[format]}
          </button>
        ))}
      </div>
      {problem !== null && <ProblemNote problem={problem} />}
    </section>
  );
}

function ImportCard() {
  const { services, trans } = useChat();
  const { progress, interrupted, sending, problem } = useChatState(
    state => state.exchange
  );
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const busy = sending || (progress?.state === 'running' && !interrupted);

  const take = (files: FileList | null) => {
    const file = files?.item(0);
    if (file != null && !busy) {
      void services.takingAlong.import(file);
    }
  };
  return (
    <section
      className="jc-Card jc-ImportCard"
      data-over={(over && !busy) || undefined}
      onDragOver={(event: DragEvent) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event: DragEvent) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <h3>
        <ImportIcon />
        {trans.__('Bring a history')}
      </h3>
      <p>
        {trans.__(
          'The JSON from here, or the data export of ChatGPT as it came (zip or conversations.json). What is here already is not added again.'
        )}
      </p>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,.zip,application/json,application/zip"
        aria-label={trans.__('File to import')}
        onChange={event => {
          take(event.target.files);
          event.target.value = ''; // the same file may be chosen again
        }}
      />
      {progress !== null && <ImportProgress {...{ progress, interrupted, sending }} />}
      {problem !== null && <ProblemNote problem={problem} />}
      {!busy && (
        <button
          type="button"
          className="jc-Button"
          onClick={() => {
            input.current?.click();
          }}
        >
          {interrupted
            ? trans.__('Choose the file again…')
            : progress !== null && isFinal(progress)
              ? trans.__('Choose another file…')
              : trans.__('Choose a file or drop it here…')}
        </button>
      )}
    </section>
  );
}
