import { useCallback, useMemo, useState } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { ConfirmButton } from '../../chat/components/ConfirmButton';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import type { Translator } from '../../chat/i18n';
import type { SharedSourceInfo, SharedSourceOffer, Source } from '../../chat/protocol';
import { TextField } from '../account/TextField';
import { useForm } from '../account/useForm';
import { Subpage } from './Subpage';
import { AdminCalls } from './calls';
import { useLoaded } from './useLoaded';

/** The key, and the server, for everybody who has set nothing else. */
export function SharedSourcePage({ onDone }: SubpageProps) {
  const { services, trans } = useChat();
  const calls = useMemo(() => new AdminCalls(services.rest), [services]);
  const { found, note, take, act } = useLoaded<SharedSourceInfo>(
    useCallback(() => calls.source(), [calls])
  );
  return (
    <Subpage title={trans.__('Key for everybody')} onDone={onDone}>
      <p className="jc-Settings-note">
        {trans.__(
          'Answers come from here for everybody who has set nothing else. The key is stored encrypted, and never shown again.'
        )}
      </p>
      {note}
      {found !== null && (
        <>
          <Present found={found} />
          <SourceForm
            found={found}
            onSend={async offer => {
              take(await calls.setSource(offer));
            }}
          />
          {found.stored === true && (
            <ConfirmButton
              label={trans.__('Remove…')}
              confirmation={trans.__('Remove the source and its key')}
              onConfirm={() => {
                act(calls.removeSource().then(take));
              }}
            />
          )}
        </>
      )}
    </Subpage>
  );
}

function Present({ found }: { readonly found: SharedSourceInfo }) {
  const { trans } = useChat();
  const { source, stored, base_url: address, key_hint: hint, problem } = found;
  if (source == null) {
    return problem != null ? (
      <ProblemNote problem={problem} />
    ) : (
      <p>{trans.__('There is none: each one enters a key of their own.')}</p>
    );
  }
  const parts = [
    nameOf(source, trans),
    address,
    stored === true && (hint == null ? null : trans.__('key ends with %1', hint))
  ].filter(part => part != null && part !== false);
  return (
    <>
      <p role="status">
        {stored === true
          ? trans.__('Set here: %1', parts.join(' · '))
          : trans.__(
              'Set by a file or the environment of the server: %1. What you set here goes before it.',
              parts.join(' · ')
            )}
      </p>
      {problem != null && <ProblemNote problem={problem} />}
    </>
  );
}

interface FormProps {
  readonly found: SharedSourceInfo;
  readonly onSend: (offer: SharedSourceOffer) => Promise<void>;
}

type Offered = Exclude<Source, 'local'>;
const OFFERED: readonly Offered[] = ['openai', 'compatible', 'azure'];

function SourceForm({ found, onSend }: FormProps) {
  const { trans } = useChat();
  const own = found.stored === true ? found : null;
  const [source, setSource] = useState<Offered>(
    own?.source == null || own.source === 'local' ? 'openai' : own.source
  );
  const [address, setAddress] = useState(own?.base_url ?? '');
  const [key, setKey] = useState('');
  const { form, problem, onSubmit } = useForm(async () => {
    const base_url = address.trim() === '' ? null : address.trim();
    const isSame = own?.source === source && (own.base_url ?? null) === base_url;
    const entered = key.trim();
    await onSend({
      source,
      base_url,
      ...(entered !== '' ? { key: entered } : isSame ? {} : { key: null })
    });
    setKey('');
  });
  return (
    <form ref={form} className="jc-AccountForm" onSubmit={onSubmit}>
      <div className="jc-Field">
        <label htmlFor="jc-shared-source">{trans.__('Server')}</label>
        <select
          id="jc-shared-source"
          name="source"
          value={source}
          onChange={event => {
            setSource(event.target.value as Offered);
          }}
        >
          {OFFERED.map(each => (
            <option key={each} value={each}>
              {nameOf(each, trans)}
            </option>
          ))}
        </select>
      </div>
      <TextField
        name="base_url"
        type="url"
        label={
          source === 'openai'
            ? trans.__('Address, if it is not OpenAI’s own')
            : trans.__('Address')
        }
        placeholder="https://"
        required={source !== 'openai'}
        value={address}
        problem={problem}
        onType={setAddress}
      />
      <TextField
        name="key"
        type="password"
        autoComplete="off"
        label={trans.__('API key')}
        placeholder={own?.key_hint == null ? undefined : `••••••••${own.key_hint}`}
        required={source !== 'compatible' && own?.key_hint == null}
        value={key}
        problem={problem}
        onType={setKey}
      />
      {problem !== null && problem.field !== 'key' && problem.field !== 'base_url' && (
        <ProblemNote problem={problem} />
      )}
      <button type="submit" className="jc-Button jc-mod-accent">
        {trans.__('Use this for everybody')}
      </button>
    </form>
  );
}

function nameOf(source: Source, trans: Translator): string {
  switch (source) {
    case 'openai':
      return 'OpenAI';
    case 'azure':
      return 'Azure';
    case 'compatible':
      return trans.__('A compatible server');
    case 'local':
      return trans.__('The local model');
  }
}
