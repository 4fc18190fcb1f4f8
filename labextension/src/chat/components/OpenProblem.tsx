import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';

/** Why the thread cannot be shown, and what can be done. */
export function OpenProblem() {
  const { services, trans } = useChat();
  const problem = useChatState(state => state.open.problem);
  if (problem === null) {
    return null;
  }
  const action =
    problem.code === 'not_found'
      ? {
          label: trans.__('New conversation'),
          run: () => {
            services.following.openNew();
          }
        }
      : {
          label: trans.__('Try again'),
          run: () => {
            void services.following.follow(true);
          }
        };
  return <ProblemNote problem={problem} actions={[action]} />;
}
