import { useChat, useChatState } from './context';

/** A new conversation: three questions that one might ask. */
export function EmptyState() {
  const { services, trans, focusComposer } = useChat();
  const open = useChatState(state => state.open);
  const examples = [
    trans.__('Explain what broadcasting does in NumPy, with a small example'),
    trans.__('Write a function that groups a DataFrame by month and plots the sums'),
    trans.__('Which statistical test fits two small, skewed samples?')
  ];
  return (
    <div className="jc-Welcome">
      <h3>{trans.__('What would you like to know?')}</h3>
      <ul className="jc-Examples">
        {examples.map(example => (
          <li key={example}>
            <button
              type="button"
              onClick={() => {
                services.drafts.put(open, example);
                focusComposer();
              }}
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
