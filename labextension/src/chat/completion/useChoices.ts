import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { problemOf } from '../client/problem';
import { useChat, useChatState } from '../components/context';
import { useLibrary } from '../components/useLibrary';
import type { Mention } from '../mentions';
import { type Open, current } from '../state/state';
import { type Group, commandOf, fitting } from './choices';
import { type Trigger, triggerAt, without } from './trigger';
import { useApplyPreset } from './useApplyPreset';
import { useCommands } from './useCommands';
import { useMentions } from './useMentions';

interface Choices {
  /** What is being typed that there are choices for; `null`: nothing, or it was left. */
  readonly trigger: Trigger | null;
  readonly groups: readonly Group[];
  /** What was chosen is being fetched. */
  readonly isAttaching: boolean;
  /** Something was typed; `null` for a cursor that is not at the end of it. */
  readonly type: (text: string, cursor: number | null) => void;
  /** Show no choices for what is being typed. */
  readonly leave: () => void;
}

/** What can be chosen for what is being typed. */
export function useChoices(
  area: RefObject<HTMLTextAreaElement>,
  text: string,
  begin: (prompt: string) => void
): Choices {
  const { services, trans, announce } = useChat();
  const open = useChatState(state => state.open);
  const [typed, setTyped] = useState({ text: '', cursor: null as number | null });
  const [left, setLeft] = useState<string | null>(null);
  const [attaching, setAttaching] = useState(0);
  /** Where the cursor belongs as soon as the text is there. */
  const cursor = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (cursor.current !== null) {
      area.current?.setSelectionRange(cursor.current, cursor.current);
      cursor.current = null;
    }
  });

  const written =
    typed.cursor === null || typed.text !== text ? null : triggerAt(text, typed.cursor);
  const place = written && `${written.sign}${String(written.start)}`;
  useEffect(() => {
    if (place !== left) {
      setLeft(null); // what was left is gone
    }
  }, [place, left]);
  const trigger = place === left ? null : written;

  /** What was typed for a choice goes, if it is still there. */
  const take = (chosen: Trigger, from: Open) => {
    const rest = without(chosen, services.drafts.read(from));
    if (rest !== null) {
      cursor.current = rest.cursor;
      services.drafts.put(from, rest.text);
    }
  };
  const attach = async (mention: Mention) => {
    if (trigger === null) {
      return;
    }
    setTyped({ text, cursor: null });
    setAttaching(count => count + 1);
    try {
      const attachments = await mention.attach();
      take(trigger, open);
      services.attaching.addTo(current(services.store.state, open), attachments);
      announce(trans.__('Attached: %1', mention.label));
    } catch (error) {
      const refusal = problemOf(error);
      services.store.update(state => ({ ...state, refusal }));
    }
    setAttaching(count => count - 1);
  };
  const isCommand = trigger?.sign === '/';
  const commands = useSlash(isCommand ? trigger.query : null, area, begin, () => {
    if (trigger !== null) {
      take(trigger, open);
    }
  });
  const mentions = useMentions(trigger?.sign === '@' ? trigger.query : null, mention => {
    void attach(mention);
  });
  return {
    trigger,
    groups: isCommand ? commands : mentions,
    isAttaching: attaching > 0,
    type: (text, cursor) => {
      setTyped({ text, cursor });
    },
    leave: () => {
      setLeft(place);
    }
  };
}

const NOTHING: readonly Group[] = [];

/** Commands, presets and prompts that fit what is typed after a slash. */
function useSlash(
  query: string | null,
  area: RefObject<HTMLTextAreaElement>,
  begin: (prompt: string) => void,
  take: () => void
): readonly Group[] {
  const { trans } = useChat();
  const commands = useCommands(query ?? '', area);
  const { presets, prompts } = useLibrary(query !== null);
  const apply = useApplyPreset();
  if (query === null) {
    return NOTHING;
  }
  const groups: Group[] = [
    {
      label: trans.__('Commands'),
      choices: commands.map(command => ({
        ...command,
        run: () => {
          take();
          command.run();
        }
      }))
    },
    {
      label: trans.__('Presets'),
      choices: fitting(query, presets, nameOf).map(preset => ({
        id: preset.id,
        label: preset.name,
        note: preset.settings.model ?? `/${commandOf(preset.name)}`,
        run: () => {
          take();
          apply(preset);
        }
      }))
    },
    {
      label: trans.__('Prompts'),
      choices: fitting(query, prompts, nameOf).map(({ id, name, text }) => ({
        id,
        label: name,
        note: firstLine(text),
        run: () => {
          begin(text);
        }
      }))
    }
  ];
  return fitting(
    query,
    groups.filter(({ choices }) => choices.length > 0),
    ({ choices: [{ label, note = '' }] }) => [label, note.replace('/', '')]
  );
}

function nameOf({ name }: { readonly name: string }): readonly string[] {
  return [name];
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0];
}
