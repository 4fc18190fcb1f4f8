import { useState } from 'react';
import type { Translator } from '../i18n';
import type { Model } from '../protocol';
import { attachedIn } from '../state/attaching';
import { IconButton } from './IconButton';
import { useChat, useChatState } from './context';
import { CloseIcon } from './icons';
import { shutdownOf } from './shutdown';
import { useModelSettings } from './useModelSettings';

interface Note {
  readonly text: string;
  /** Under which name it is remembered that somebody has read it; `null`: it stays. */
  readonly name: string | null;
}

/** What is to be known of the model of this conversation before one asks it. */
export function ModelNote() {
  const { services, trans, chooseModel, focusComposer } = useChat();
  const { model } = useModelSettings();
  const hasPictures = useChatState(state =>
    attachedIn(state).some(({ type }) => type === 'image')
  );
  const [read, setRead] = useState<string | null>(null);

  const note = model === undefined ? null : noteOn(model, hasPictures, trans);
  const { name } = note ?? { name: null };
  if (
    note === null ||
    (name !== null && (read === name || services.memory.read(name) !== null))
  ) {
    return null;
  }
  return (
    <div className="jc-ModelNote" role="status">
      <span>{note.text}</span>
      <button type="button" className="jc-Button" onClick={chooseModel}>
        {trans.__('Choose another model')}
      </button>
      {name !== null && (
        <IconButton
          icon={CloseIcon}
          label={trans.__('Close')}
          onClick={() => {
            services.memory.write(name, 'read');
            setRead(name);
            focusComposer(); // the button goes
          }}
        />
      )}
    </div>
  );
}

function noteOn(model: Model, hasPictures: boolean, trans: Translator): Note | null {
  const shutdown = shutdownOf(model, Date.now());
  if (shutdown?.isOver === true) {
    return {
      text: trans.__('%1 was shut down on %2.', model.name, shutdown.day),
      name: null
    };
  }
  if (hasPictures && model.images === false) {
    return {
      text: trans.__('%1 takes no pictures: the question would not be sent.', model.name),
      name: null
    };
  }
  return shutdown === null
    ? null
    : {
        text: trans.__('%1 will be shut down on %2.', model.name, shutdown.day),
        name: `shutdown-${model.id}`
      };
}
