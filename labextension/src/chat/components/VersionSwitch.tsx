import type { Message } from '../protocol';
import { IconButton } from './IconButton';
import { useChat } from './context';
import { number } from './format';
import { useVersions } from './hooks';
import { BackIcon, ForwardIcon } from './icons';

/** `‹ 2/3 ›`: the versions of a message; nothing where there is one only. */
export function VersionSwitch({ message }: { readonly message: Message }) {
  const { services, trans } = useChat();
  const versions = useVersions(message);
  const index = versions.indexOf(message.id);
  if (versions.length < 2) {
    return null;
  }
  const show = (step: number) => () => {
    void services.asking.select(message.thread_id, versions[index + step]);
  };
  return (
    <span className="jc-Versions" role="group" aria-label={trans.__('Versions')}>
      <IconButton
        icon={BackIcon}
        className="jc-mod-directional"
        label={trans.__('Previous version')}
        disabled={index === 0}
        onClick={show(-1)}
      />
      <span>
        {number(index + 1)}/{number(versions.length)}
      </span>
      <IconButton
        icon={ForwardIcon}
        className="jc-mod-directional"
        label={trans.__('Next version')}
        disabled={index === versions.length - 1}
        onClick={show(1)}
      />
    </span>
  );
}
