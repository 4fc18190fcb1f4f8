import type { ReactNode } from 'react';
import type { UsageSum } from '../protocol';
import { tokensOf } from '../state/usage';
import { useChat, useChatState } from './context';
import { number } from './format';
import { modelNamed } from './useModelSettings';
import { costOf, tokens } from './usageFormat';

/** The dearest models first. */
export function ModelTable({ sums }: { readonly sums: readonly UsageSum[] }) {
  const { trans } = useChat();
  const models = useChatState(state => state.models);
  return (
    <Table title={trans.__('By model')} first={trans.__('Model')} sums={sums}>
      {({ key }) => <span title={key}>{modelNamed(models, key)?.name ?? key}</span>}
    </Table>
  );
}

/** The dearest conversations first; each can be opened, unless it is gone. */
export function ThreadTable({ sums }: { readonly sums: readonly UsageSum[] }) {
  const { services, trans, focusComposer } = useChat();
  return (
    <Table
      title={trans.__('By conversation')}
      first={trans.__('Conversation')}
      sums={sums}
    >
      {({ key, title }) =>
        title == null ? (
          <i>{trans.__('Deleted')}</i>
        ) : (
          <button
            type="button"
            className="jc-UsageTable-link"
            onClick={() => {
              services.following.open(key);
              focusComposer();
            }}
          >
            {title === '' ? trans.__('Untitled') : title}
          </button>
        )
      }
    </Table>
  );
}

interface Props {
  readonly title: string;
  /** What the first column is. */
  readonly first: string;
  readonly sums: readonly UsageSum[];
  /** How to call one of them. */
  readonly children: (sum: UsageSum) => ReactNode;
}

function Table({ title, first, sums, children }: Props) {
  const { trans } = useChat();
  return (
    <section>
      <h4>{title}</h4>
      <table className="jc-UsageTable">
        <thead>
          <tr>
            <th scope="col">{first}</th>
            <th scope="col">{trans.__('Requests')}</th>
            <th scope="col">{trans.__('Tokens')}</th>
            <th scope="col">{trans.__('Cost')}</th>
          </tr>
        </thead>
        <tbody>
          {sums.map(sum => (
            <tr key={sum.key}>
              <th scope="row">{children(sum)}</th>
              <td>{number(sum.requests)}</td>
              <td>{tokens(tokensOf(sum))}</td>
              <td>{costOf(sum)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
