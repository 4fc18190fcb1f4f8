import type { ComponentType } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { useChat } from '../../chat/components/context';
import { useAllowances } from '../../chat/components/useAllowances';
import { AuditPage } from './AuditPage';
import { EverybodyPage } from './EverybodyPage';
import { FlaggedPage } from './FlaggedPage';
import { LimitsPage } from './LimitsPage';
import { SharedSourcePage } from './SharedSourcePage';

interface Props {
  readonly onOpen: (page: ComponentType<SubpageProps>) => void;
}

/** In the settings of whoever administers the server; nothing for others. */
export function AdminSection({ onOpen }: Props) {
  const { trans } = useChat();
  const role = useAllowances()?.role;
  if (role !== 'admin' && role !== 'owner') {
    return null;
  }
  const pages: readonly (readonly [string, ComponentType<SubpageProps>])[] = [
    [trans.__('Limits'), LimitsPage],
    // Where there is an owner there is nobody else.
    ...(role === 'admin'
      ? [[trans.__('What everybody uses'), EverybodyPage] as const]
      : []),
    [trans.__('What was flagged'), FlaggedPage],
    [trans.__('Audit log'), AuditPage],
    [trans.__('Key for everybody'), SharedSourcePage]
  ];
  return (
    <section className="jc-Account" aria-labelledby="jc-admin">
      <h3 id="jc-admin">{trans.__('Administration')}</h3>
      <div className="jc-Buttons">
        {pages.map(([name, page]) => (
          <button
            key={name}
            type="button"
            className="jc-Button"
            onClick={() => {
              onOpen(page);
            }}
          >
            {name}
          </button>
        ))}
      </div>
    </section>
  );
}
