import { useMemo, useRef, useState } from 'react';
import { type AttachSource, useAttachSources } from '../attachSources';
import { problemOf } from '../client/problem';
import { fileMentions } from '../fileMentions';
import type { MentionSource } from '../mentions';
import { uploadsOf } from '../state/uploads';
import { DropTarget } from './DropTarget';
import { IconButton } from './IconButton';
import { Floating, type MenuItem, Popup, useMenuButton } from './Menu';
import { SourcePicker } from './SourcePicker';
import { useChat } from './context';
import { AddIcon } from './icons';

/** Attaches files, and what else the shell has; takes what is dropped and pasted. */
export function AttachButton() {
  const { services, trans, panes, announce, focusComposer } = useChat();
  const sources = useAttachSources();
  const { button, anchor, close } = useMenuButton();
  const [picking, setPicking] = useState<MentionSource | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLDivElement>(null);
  const uploads = uploadsOf(services);

  const done = () => {
    setPicking(null);
    close();
  };
  const files = useMemo(() => fileMentions(services, trans), [services, trans]);
  // A server that knows people by name has no files for anybody.
  const hasFiles = panes?.Account === undefined;
  const run = async ({ run: attach }: AttachSource) => {
    try {
      await attach?.();
      focusComposer();
    } catch (error) {
      services.store.update(state => ({ ...state, refusal: problemOf(error) }));
    }
  };
  const itemOf = (source: AttachSource): MenuItem => ({
    label: source.label,
    off: source.off,
    stays: source.off === undefined && source.pick !== undefined,
    run: () => {
      if (source.off !== undefined) {
        announce(source.off);
      } else if (source.pick !== undefined) {
        setPicking(source.pick);
      } else {
        void run(source);
      }
    }
  });
  const items = (): MenuItem[] => [
    {
      label: trans.__('File from this computer…'),
      run: () => input.current?.click()
    },
    ...(hasFiles
      ? [itemOf({ label: trans.__('File from the server…'), pick: files })]
      : []),
    ...sources().map(itemOf)
  ];
  return (
    <span className="jc-Attach">
      <IconButton
        {...button}
        icon={AddIcon}
        label={trans.__('Attach')}
        onClick={() => {
          setPicking(null);
          button.onClick();
        }}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={trans.__('Files to attach')}
        onChange={({ target }) => {
          void uploads.addFiles([...(target.files ?? [])]);
          target.value = ''; // the same file may be chosen again
          focusComposer();
        }}
      />
      {anchor !== null && picking === null && (
        <Popup
          label={trans.__('Attach')}
          items={items()}
          anchor={anchor}
          onClose={close}
        />
      )}
      {anchor !== null && picking !== null && (
        <Floating
          element={picker}
          className="jc-Menu jc-mod-picker jc-mod-source"
          anchor={anchor}
          onClose={done}
        >
          <SourcePicker
            source={picking}
            onChosen={({ label, attach }) => {
              done();
              focusComposer();
              void uploads.fetch(label, attach);
            }}
          />
        </Floating>
      )}
      <DropTarget
        onFiles={files => {
          void uploads.addFiles(files);
          focusComposer();
        }}
      />
    </span>
  );
}
