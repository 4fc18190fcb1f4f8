// Generated from jupyter_chat/protocol/ by `npm run protocol`; do not edit.

/**
 * Where replies come from.
 */
export type Source = 'azure' | 'compatible' | 'local' | 'openai';
/**
 * Which of the two APIs to speak; `auto`: Responses at OpenAI and Azure, else
 * Chat Completions.
 */
export type Api = 'auto' | 'chat' | 'responses';
export type Effort = 'high' | 'low' | 'max' | 'medium' | 'minimal' | 'none' | 'xhigh';
/**
 * What becomes of what no longer fits into a model's window: the oldest messages are
 * left out (`window`), a summary takes their place (`summarise`), or nothing more is asked
 * (`strict`).
 */
export type MemoryPolicy = 'strict' | 'summarise' | 'window';
/**
 * What went wrong, as far as it changes what the person can do.
 */
export type Code =
  | 'budget_spent'
  | 'conflict'
  | 'content_refused'
  | 'context_too_long'
  | 'forbidden'
  | 'hub_down'
  | 'internal'
  | 'invalid'
  | 'limit_reached'
  | 'local_model_missing'
  | 'model_not_allowed'
  | 'model_unknown'
  | 'moderated'
  | 'no_key'
  | 'no_quota'
  | 'not_found'
  | 'output_limit'
  | 'provider_down'
  | 'provider_timeout'
  | 'rate_limited'
  | 'reply_gone'
  | 'request_refused'
  | 'server_stopped'
  | 'service_down'
  | 'store_corrupt'
  | 'store_down'
  | 'store_full'
  | 'store_locked'
  | 'store_newer'
  | 'store_read_only'
  | 'stream_cut'
  | 'summarising'
  | 'too_large'
  | 'too_often'
  | 'wrong_key';
/**
 * Whose requests count: one's own, those of all with the same role, or everybody's.
 */
export type Whose = 'all' | 'own' | 'role';
/**
 * What is counted: requests, tokens (in and out), US dollars, or answers being made.
 */
export type Measure = 'dollars' | 'replies' | 'requests' | 'tokens';
/**
 * The time in which it is counted, by the clock (UTC).
 */
export type Span = 'day' | 'minute' | 'month';
/**
 * What an attachment was taken from.
 */
export type AttachmentKind =
  'cell' | 'error' | 'file' | 'output' | 'selection' | 'variable';
/**
 * What can be done to many threads at once; `purge` deletes for good.
 */
export type BulkAction =
  | 'archive'
  | 'delete'
  | 'move'
  | 'pin'
  | 'purge'
  | 'restore'
  | 'tag'
  | 'unarchive'
  | 'unpin'
  | 'untag';
/**
 * What the tokens of a model's window are spent on.
 *
 * `answer` is what is kept free for the answer; `attachments` are those of all messages
 * that are sent, and pictures; `draft` is the question that is being written; `notes` are
 * the person's own.
 */
export type ContextPart =
  | 'answer'
  | 'attachments'
  | 'conversation'
  | 'draft'
  | 'notes'
  | 'pinned'
  | 'summary'
  | 'system';
export type Role = 'assistant' | 'user';
/**
 * Why a message is sent to the model, or is not.
 *
 * Sent: the question to be answered (`asked`), what is `pinned`, what `fits`.  Not sent:
 * what is `excluded`, what a summary stands for (`summarised`), what does not fit
 * (`full`), has no text (`empty`), was `withdrawn` before its turn came, is still
 * `waiting`, or is an answer whose question does not fit (`alone`).
 */
export type Reason =
  | 'alone'
  | 'asked'
  | 'empty'
  | 'excluded'
  | 'fits'
  | 'full'
  | 'pinned'
  | 'summarised'
  | 'waiting'
  | 'withdrawn';
/**
 * Whether somebody asked it, or a model answered it.
 */
export type Direction = 'input' | 'output';
/**
 * Where a message stands.  The last four are final.
 */
export type Status =
  'complete' | 'failed' | 'interrupted' | 'queued' | 'stopped' | 'streaming';
/**
 * Where an import stands.  The last three are final.
 */
export type ImportState = 'cancelled' | 'done' | 'failed' | 'running' | 'uploading';
/**
 * Administrators look after people and invitations; they see nobody's conversations.
 */
export type PersonRole = 'admin' | 'user';
/**
 * Of whom something is said: of each person, of each one with a role, of one person; of all
 * people together, of all with a role together.
 */
export type LimitScope = 'everyone' | 'person' | 'role' | 'role_together' | 'together';
/**
 * `[handle, seq, text]`: a delta that goes on where the thread's last one ended.
 *
 * A chunk of an answer is five bytes long, a `delta` two hundred.  Sent instead of one
 * to those who follow the thread with `brief` and have had the last delta.
 */
export type More = [number, number, string];
/**
 * `pending`: waits for an administrator; `leaving`: is being deleted; `gone`: is not known
 * any more where people sign in (the hub), while what there is of theirs is kept.
 */
export type PersonState = 'active' | 'disabled' | 'gone' | 'leaving' | 'pending';
/**
 * What usage is added up by.
 */
export type UsageBy = 'day' | 'model' | 'thread';
/**
 * Which threads a list holds: each that is not temporary is in one of the three.
 */
export type View = 'active' | 'archived' | 'trash';

/**
 * Which server answers; `epoch` as in :class:`Welcome`.
 */
export interface About {
  server_version: string;
  epoch: string;
}
/**
 * Where the chat service is, and what lets one in there for `seconds_left`.
 */
export interface Access {
  url: string;
  token: string;
  seconds_left: number;
}
/**
 * A user's own settings, as the browser may see them: the key is write-only.
 */
export interface Account {
  user: User;
  source?: Source | null;
  from_environment?: boolean;
  base_url?: string | null;
  api?: Api;
  key_hint?: string | null;
  local_available?: boolean;
  own_server?: boolean;
  defaults?: ThreadSettings;
  durable_replies?: boolean;
  notes?: string[];
  use_notes?: boolean;
  monthly_limit?: number | null;
  problem?: Problem | null;
}
/**
 * Whoever the server says is asking.
 */
export interface User {
  id: string;
  name: string;
  initials: string;
  avatar_url?: string | null;
  color?: string | null;
}
/**
 * How replies of a thread are made; `None` leaves it to the default.
 *
 * With `json_schema`, a JSON Schema, an answer is JSON of that form.  `use_notes` says
 * whether the person's notes (:class:`Account`) go with the instructions; a temporary
 * thread goes without them unless it says so itself.
 */
export interface ThreadSettings {
  model?: string | null;
  temperature?: number | null;
  max_output_tokens?: number | null;
  effort?: Effort | null;
  system_prompt?: string | null;
  json_schema?: {} | null;
  memory?: MemoryPolicy | null;
  summary_model?: string | null;
  use_notes?: boolean | null;
}
/**
 * One thing that went wrong: what happened, what was kept, what to do next.
 *
 * `message` is a full English sentence or two; `field` is the path of the field
 * that was refused; `retry_at` says when waiting is expected to help; `detail` is
 * the upstream's own words, shown on request.
 */
export interface Problem {
  code: Code;
  message: string;
  field?: string | null;
  retry_at?: number | null;
  detail?: string | null;
}
/**
 * Changes to one's own settings.  `source: null` goes back to the environment's;
 * `key: null` forgets the stored key.
 */
export interface AccountPatch {
  source?: Source | null;
  base_url?: string | null;
  api?: Api;
  key?: string | null;
  defaults?: ThreadSettings;
  durable_replies?: boolean;
  /**
   * @maxItems 50
   */
  notes?: string[];
  use_notes?: boolean;
  monthly_limit?: number | null;
}
/**
 * The command `id` was carried out; what it stored is durable.
 */
export interface Ack {
  type: 'ack';
  id: string;
  thread_id?: string | null;
  message_id?: string | null;
  reply_id?: string | null;
}
/**
 * One limit, and what is `taken` of it: by what has ended, and by what is being made as
 * far as that may go.  Answers being made have no `span`, and no time at which the count
 * begins anew.
 */
export interface Allowance {
  whose: Whose;
  measure: Measure;
  most: number;
  taken: number;
  span?: Span | null;
  resets_at?: number | null;
}
/**
 * All that limits what somebody may ask on this server.  `models` are patterns, one of
 * which an allowed model fits (`None`: all are allowed); `ignored` says what is wrong with
 * what this server's administrator says of limits: it is left out.
 */
export interface Allowances {
  role: string;
  allowances: Allowance[];
  models?: string[] | null;
  max_output_tokens?: number | null;
  ignored?: Problem | null;
}
/**
 * A file as part of a question; `notes` say what of it is missing.
 */
export interface Attached {
  part: AttachmentPart | ImagePart;
  notes?: string[];
}
/**
 * Something that goes with a question, as the text that the model reads.
 *
 * `language` is that of its code, if it is code.
 */
export interface AttachmentPart {
  type: 'attachment';
  kind: AttachmentKind;
  name: string;
  text: string;
  language?: string | null;
}
/**
 * A picture that goes with a question; `data` is base64.
 */
export interface ImagePart {
  type: 'image';
  media_type: 'image/gif' | 'image/jpeg' | 'image/png' | 'image/webp';
  data: string;
  name?: string | null;
}
/**
 * Where the chain of entries does not hold, and why.
 */
export interface AuditBreak {
  number: number;
  why: string;
}
/**
 * Something that matters for the safety of the whole: `user_id` did it (empty: the
 * server itself, or whoever administers it), to `subject`.
 *
 * `number` counts from 1 without gaps; `previous` is the hash of the entry before.
 */
export interface AuditEntry {
  number: number;
  at: number;
  user_id: string;
  event: string;
  subject: string;
  detail: string;
  previous: string;
}
/**
 * The newest first; `more`: there are older ones.  `names` are those of the people whose
 * ids occur, as far as the server knows them; `events` all that is noted.
 */
export interface AuditPage {
  entries: AuditEntry[];
  names: {
    [k: string]: string;
  };
  events: string[];
  more?: boolean;
}
/**
 * What a look at the whole log has found.  `number` and `digest` are those of the last
 * entry: noted elsewhere, they also show later whether the end is still there.
 */
export interface AuditVerdict {
  entries: number;
  number: number;
  digest: string;
  breaks: AuditBreak[];
}
/**
 * What may be spent in a month (US dollars), and what has been `since` it began (UTC).
 *
 * Requests whose price is not known count nothing.  From `limit` on nothing more is asked.
 */
export interface Budget {
  spent: number;
  since: number;
  limit?: number | null;
}
/**
 * One action on many threads.  `value` is the tag, or the folder to move to
 * (`None`: out of any folder).
 */
export interface BulkChange {
  /**
   * @minItems 1
   * @maxItems 1000
   */
  thread_ids: string[];
  action: BulkAction;
  value?: string | null;
}
/**
 * What became of one thread; `problem` says why it stayed as it was.
 */
export interface BulkOutcome {
  thread_id: string;
  problem?: Problem | null;
}
/**
 * One outcome for each thread, in the order of asking.
 */
export interface BulkResult {
  outcomes: BulkOutcome[];
}
/**
 * What the model will see.
 *
 * Of the `window` (tokens; `assumed`, where nobody says how large the model's is),
 * `used` are taken by the parts other than the answer; `shares` says by which.  Counts
 * have been multiplied by `correction`, which follows from the usage that the API gave
 * of the last answers.  `sent` messages go to the model, `left_out` do not.  `over` tokens
 * are too many, whatever is left out; with `refused` nothing would be asked: the thread is
 * strict, and `over` tokens do not fit.
 * `input_cost` is what sending this costs, in US dollars, if nothing is cached.
 * `summary` is sent before the messages; with `summarises` another one is made first.
 * `summary_problem` says why the last one could not be made.
 *
 * `entries` go from newer to older; `next` is what to ask for `before`.  `instructions` is what is
 * sent before them all.  `thread_cost` is that of all branches, also of those that are
 * deleted.
 */
export interface Context {
  window: number;
  used: number;
  shares: ContextShare[];
  sent: number;
  left_out: number;
  model?: string | null;
  assumed?: boolean;
  correction?: number;
  over?: number;
  refused?: boolean;
  input_cost?: number | null;
  instructions?: string | null;
  summary?: Summary | null;
  summarises?: boolean;
  summary_problem?: Problem | null;
  entries?: ContextEntry[];
  next?: string | null;
  thread_cost?: UsageSum | null;
}
/**
 * How many tokens one part takes.
 */
export interface ContextShare {
  part: ContextPart;
  tokens: number;
}
/**
 * What the model sees instead of the beginning of a branch: of the message `upto` and
 * all before it.  It belongs to every branch that goes on from there.
 */
export interface Summary {
  thread_id: string;
  upto: string;
  text: string;
  created_at: number;
  model?: string | null;
  edited?: boolean;
}
/**
 * A message of the branch, and what becomes of it: its tokens with its frame and all
 * that is attached (`attached` of them), and how its text begins.
 */
export interface ContextEntry {
  message_id: string;
  role: Role;
  tokens: number;
  attached: number;
  reason: Reason;
  beginning: string;
}
/**
 * What several requests have taken and cost together: answers, and the titles
 * and summaries that models made.
 *
 * `key` is the day (`2026-11-26`), the model or the thread's id; the sum of all has none.
 * `title` is a thread's, as long as there is the thread.  `cost` is that of the requests
 * whose price is known; `unpriced` of them have none.  The tokens of `estimated` ones were
 * counted here, because the API did not say; `at_most` are those that may have been cheaper.
 */
export interface UsageSum {
  key: string;
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  cache_write_tokens: number;
  reasoning_tokens: number;
  cost: number;
  unpriced: number;
  estimated: number;
  at_most: number;
  title?: string | null;
}
/**
 * What would be sent if something were asked now, after `leaf_id` of a thread.
 *
 * Without `thread_id` it is about a thread that is not there yet, with `settings`.
 * `text` is the question as far as it is written, `attached` the tokens of what goes
 * with it (see :class:`Counted`).  With `entries` the newest so many messages of the
 * branch are listed, or those before the message `before`.  `cost` asks what the thread has
 * cost so far.
 */
export interface ContextQuery {
  thread_id?: string | null;
  leaf_id?: string | null;
  settings?: ThreadSettings | null;
  text?: string;
  attached?: number;
  entries?: number;
  before?: string | null;
  cost?: boolean;
}
/**
 * Go on with an answer that broke off, as a new version that begins with its text.
 */
export interface Continue {
  type: 'continue';
  id: string;
  client_id: string;
  thread_id: string;
  message_id: string;
}
/**
 * A folder or a tag, and how many threads have it.
 */
export interface Count {
  name: string;
  threads: number;
}
/**
 * Parts of a question whose tokens are to be counted.
 */
export interface CountQuery {
  /**
   * @maxItems 64
   */
  parts: (TextPart | AttachmentPart | ImagePart)[];
}
export interface TextPart {
  type: 'text';
  text: string;
}
/**
 * The tokens of each part, in the order of asking, and what in each looks like a secret:
 * sentences for the person, mostly none.
 */
export interface Counted {
  tokens: number[];
  warnings: string[][];
}
/**
 * What can be said of what is counted.  What is not set says nothing, `null` takes a limit
 * away that is said more generally.
 */
export interface Counts {
  requests_per_minute?: number | null;
  tokens_per_minute?: number | null;
  concurrent_replies?: number | null;
  tokens_per_day?: number | null;
  tokens_per_month?: number | null;
  dollars_per_day?: number | null;
  dollars_per_month?: number | null;
}
/**
 * Delete a message and all below it; `restore` takes that back.
 */
export interface Delete {
  type: 'delete';
  id: string;
  thread_id: string;
  message_id: string;
}
/**
 * More of a reply: `text` goes to the end of part number `part`.
 *
 * `part` equal to the number of parts so far begins a new one of `kind`.  `handle`
 * is what `More` names the thread by.
 */
export interface Delta {
  type: 'delta';
  thread_id: string;
  seq: number;
  message_id: string;
  part: number;
  kind: 'reasoning' | 'text';
  text: string;
  handle: number;
}
/**
 * How many threads were deleted for good.
 */
export interface Emptied {
  threads: number;
}
/**
 * A thread with all of its message tree; every message comes after its parent.
 *
 * A long thread fills several entries, one after the other, with the same `thread`
 * and with the messages that follow.
 */
export interface ExportedThread {
  thread: Thread;
  messages: Message[];
}
/**
 * A conversation without its messages.
 *
 * `leaf_id` is the last message of the branch being shown; `revision` grows by
 * one with every change, for compare-and-set.  `title` is `None` until somebody,
 * or the first answer, gives one; `titled_by_user` keeps it from being replaced.
 * `updated_at` is the last activity and orders the list, below what is `pinned`.
 *
 * `tags` are unique whatever their case.  A `folder` exists as long as a thread is in
 * it.  A `temporary` thread is in no list; it is deleted for good once it is closed,
 * and at `expires_at` at the latest.
 *
 * Where conversations are kept for a limited time, this one goes to the trash at
 * `retire_at`, unless something is asked in it before.
 *
 * `pinned_messages` go to the model whether they are old or not, `excluded_messages`
 * never do, even if pinned.
 */
export interface Thread {
  id: string;
  title: string | null;
  settings: ThreadSettings;
  created_at: number;
  updated_at: number;
  leaf_id?: string | null;
  revision?: number;
  titled_by_user?: boolean;
  deleted_at?: number | null;
  forked_from?: Origin | null;
  running?: boolean;
  pinned?: boolean;
  archived?: boolean;
  tags?: string[];
  folder?: string | null;
  temporary?: boolean;
  expires_at?: number | null;
  retire_at?: number | null;
  pinned_messages?: string[];
  excluded_messages?: string[];
}
/**
 * Where a fork began: the last message that was copied, in the thread it is in.
 */
export interface Origin {
  thread_id: string;
  message_id: string;
}
/**
 * One node of a thread's message tree; siblings are versions of each other.
 *
 * `begun_at` is when a reply's turn came: it may have been queued since `created_at`.
 * `counted_tokens` is what its request was counted as before it was sent; its `usage`
 * says what it was.  `cost` (US dollars) is `cost_at_most` where the price of what came from
 * upstream's cache is not known.
 */
export interface Message {
  id: string;
  thread_id: string;
  parent_id: string | null;
  role: Role;
  parts: (TextPart | ReasoningPart | AttachmentPart | ImagePart)[];
  status: Status;
  created_at: number;
  begun_at?: number | null;
  first_token_at?: number | null;
  completed_at?: number | null;
  client_id?: string | null;
  model?: string | null;
  usage?: Usage | null;
  cost?: number | null;
  cost_at_most?: boolean;
  problem?: Problem | null;
  counted_tokens?: number | null;
}
/**
 * What the model lets us see of its thinking; never sent back to it.
 */
export interface ReasoningPart {
  type: 'reasoning';
  text: string;
}
/**
 * Tokens of one reply, as the API reports them; `estimated`: it did not say, as of a
 * reply that broke off, and they were counted here.
 *
 * `cached_tokens` and `cache_write_tokens` are part of `input_tokens`,
 * `reasoning_tokens` of `output_tokens`.
 */
export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  cached_tokens?: number;
  cache_write_tokens?: number;
  reasoning_tokens?: number;
  estimated?: boolean;
}
/**
 * The body of every REST answer that is not a success.
 */
export interface Failure {
  problem: Problem;
}
/**
 * A file of the server that is to go with a question, by its path as Jupyter's file
 * browser has it.
 */
export interface FileRead {
  path: string;
}
/**
 * One thing that was flagged: where it is, not what it says.  `blocked`: it was not sent,
 * or was withdrawn.  The category `unchecked` stands for what could not be looked at.
 * `seen_at` is when an administrator has marked it as seen.
 */
export interface Flagged {
  id: string;
  user_id: string;
  thread_id: string;
  message_id: string;
  at: number;
  direction: Direction;
  categories: string[];
  blocked: boolean;
  seen_at?: number | null;
}
/**
 * The newest first; `more`: there are older ones.  `names` are those of the people whom the
 * server knows by one.
 */
export interface FlaggedList {
  flagged: Flagged[];
  names?: {
    [k: string]: string;
  };
  more?: boolean;
}
/**
 * Marks what was flagged as seen; what is seen already stays as it is.
 */
export interface FlaggedSeen {
  /**
   * @maxItems 200
   */
  flagged_ids: string[];
}
/**
 * Folders and tags of threads that are neither archived nor in the trash, by name.
 *
 * What is in the trash is deleted for good after `trash_days`; conversations in which
 * nothing has happened go there after `retention_days`; 0: never.
 */
export interface Folders {
  folders: Count[];
  tags: Count[];
  trash_days: number;
  retention_days?: number;
}
/**
 * Go on in a thread of its own: a copy of the branch up to `message_id`.
 *
 * The answer names the new thread; the same `client_id` again makes no other one.
 */
export interface Fork {
  type: 'fork';
  id: string;
  client_id: string;
  thread_id: string;
  message_id: string;
}
/**
 * A file of the server; `size` in bytes, as far as it is known.
 */
export interface FoundFile {
  path: string;
  size: number | null;
}
/**
 * The best of what was looked for; with `more`, not all folders were looked through.
 */
export interface FoundFiles {
  files: FoundFile[];
  more: boolean;
}
/**
 * What an administrator hands on to somebody who has forgotten theirs; it is said once.
 */
export interface GivenPassword {
  password: string;
}
/**
 * The server is stopping; running replies have been kept as far as they came.
 */
export interface Goodbye {
  type: 'goodbye';
}
/**
 * What keeps the history from being read or written; `None`: all is well again.
 */
export interface Health {
  type: 'health';
  problem: Problem | null;
}
export interface Heartbeat {
  type: 'heartbeat';
}
/**
 * What an export as JSON holds, and what can be imported again.
 */
export interface History {
  format: 'jupyter-chat';
  version: 1;
  exported_at: number;
  threads: ExportedThread[];
}
/**
 * One history being taken in.
 *
 * `received` of `size` bytes have been uploaded, `read` of `total` bytes have been
 * looked through (of a zip: unpacked).  `problems` holds the first ones,
 * `more_problems` counts the others; `problem` says why the whole import failed.
 */
export interface Import {
  id: string;
  name: string;
  size: number;
  state: ImportState;
  received?: number;
  read?: number;
  total?: number;
  threads_added?: number;
  threads_known?: number;
  messages_added?: number;
  threads_failed?: number;
  problems?: ImportProblem[];
  more_problems?: number;
  omissions?: ImportOmission[];
  problem?: Problem | null;
}
/**
 * An entry that was not taken over, or not wholly: `message` says why.
 *
 * `entry` counts from 1 within `file` (of a zip); `title` as far as it is known.
 */
export interface ImportProblem {
  message: string;
  entry?: number | null;
  title?: string | null;
  file?: string | null;
}
/**
 * So many things of one kind have no place here; `what` is an English plural.
 */
export interface ImportOmission {
  what: string;
  count: number;
}
/**
 * Sent to every socket of the user while a history is being taken in.
 */
export interface ImportChanged {
  type: 'import';
  progress: Import;
}
/**
 * The user's newest import, or none.
 */
export interface ImportList {
  imports: Import[];
}
/**
 * Begin an import, or go on with one that was interrupted.
 *
 * `fingerprint` tells the same file from another one (its name, size and date).
 */
export interface ImportStart {
  name: string;
  size: number;
  fingerprint: string;
}
/**
 * An invitation; its `code` is said once, to whoever made it (`made_by`, a name).
 */
export interface InvitationInfo {
  id: string;
  role: PersonRole;
  uses: number;
  used: number;
  made_at: number;
  expires_at: number;
  code?: string | null;
  made_by?: string | null;
}
/**
 * Those that can still be used, the newest first.
 */
export interface InvitationList {
  invitations: InvitationInfo[];
}
/**
 * An invitation to be made.
 */
export interface InvitationOffer {
  uses?: number;
  days?: number;
  role?: PersonRole;
}
/**
 * Asks that one's own account is deleted, with all its data.
 */
export interface Leaving {
  password: string;
}
/**
 * All presets and prompts of a person, by name; `revision` grows with every change.
 */
export interface Library {
  revision?: number;
  presets?: Preset[];
  prompts?: Prompt[];
}
/**
 * Settings of a conversation under a name, which no other preset of the person has,
 * whatever its case.
 */
export interface Preset {
  id: string;
  name: string;
  settings: ThreadSettings;
}
/**
 * A text to ask with, under a name of its own; `{{words}}` in it are to be filled in.
 */
export interface Prompt {
  id: string;
  name: string;
  text: string;
}
/**
 * Sent to every socket of the user: their presets and prompts have changed.
 */
export interface LibraryChanged {
  type: 'library';
  revision: number;
}
/**
 * What presets and prompts are shared as: never with a key, or the address of a server.
 */
export interface LibraryFile {
  format: 'jupyter-chat-presets';
  version: 1;
  presets?: SharedPreset[];
  prompts?: SharedPrompt[];
}
/**
 * A preset in a file; its id belongs to whoever keeps it.
 */
export interface SharedPreset {
  name: string;
  settings: ThreadSettings;
}
/**
 * A prompt in a file.
 */
export interface SharedPrompt {
  name: string;
  text: string;
}
/**
 * An entry of a file that was left out, and why; `entry` counts from 1 in its list.
 */
export interface LibraryProblem {
  kind: 'presets' | 'prompts';
  entry: number;
  message: string;
  name?: string | null;
}
/**
 * What was taken from a file; `known` entries were there already, under the same name.
 */
export interface LibraryReport {
  library: Library;
  presets?: number;
  prompts?: number;
  known?: number;
  renamed?: Renamed[];
  problems?: LibraryProblem[];
}
/**
 * An entry of a file whose name another one has had.
 */
export interface Renamed {
  name: string;
  now: string;
}
/**
 * All that is said of limits in one place: the configuration, or the store.  `users` go by
 * their ids; `revision` counts the changes of what is stored.
 */
export interface LimitRules {
  everyone?: Rule;
  roles?: {
    [k: string]: RoleRule;
  };
  users?: {
    [k: string]: Rule;
  };
  together?: Counts;
  revision?: number;
}
/**
 * What can be said of each person.
 */
export interface Rule {
  requests_per_minute?: number | null;
  tokens_per_minute?: number | null;
  concurrent_replies?: number | null;
  tokens_per_day?: number | null;
  tokens_per_month?: number | null;
  dollars_per_day?: number | null;
  dollars_per_month?: number | null;
  models?: string[] | null;
  max_output_tokens?: number | null;
}
/**
 * What can be said of a role: of each one who has it, and of all of them `together`.
 */
export interface RoleRule {
  requests_per_minute?: number | null;
  tokens_per_minute?: number | null;
  concurrent_replies?: number | null;
  tokens_per_day?: number | null;
  tokens_per_month?: number | null;
  dollars_per_day?: number | null;
  dollars_per_month?: number | null;
  models?: string[] | null;
  max_output_tokens?: number | null;
  together?: Counts;
}
/**
 * The limits of a server, for administrators.  What is `fixed` stands in its configuration or
 * in a file, and goes before what is `stored`, field by field.  `roles` are those that there
 * are, `names` those of the people whom something is said of.
 */
export interface LimitSettings {
  stored: LimitRules;
  fixed: LimitRules;
  roles: string[];
  names: {
    [k: string]: string;
  };
  ignored?: Problem | null;
}
/**
 * Says something else of somebody, in place of all that was stored of them.  `name` is that
 * of the role, or the person's name or id.
 */
export interface LimitsChange {
  scope: LimitScope;
  rule: Rule;
  name?: string;
}
/**
 * Factors on the prices of a request whose input is `above` so many tokens.
 */
export interface LongContext {
  above: number;
  input: number;
  output: number;
}
/**
 * A place in a text, from `begin` to before `end`, counted as JavaScript counts
 * (in UTF-16).
 */
export interface Mark {
  begin: number;
  end: number;
}
/**
 * A message is new or has changed; replaces what the client has of it.
 *
 * With `leaf`, the branch that ends with it is the one being shown now.  With `grown`,
 * the message comes without its parts: they are what the deltas have made of them, of
 * so many UTF-16 code units in all.
 */
export interface MessageChanged {
  type: 'message';
  thread_id: string;
  seq: number;
  message: Message;
  leaf?: boolean;
  grown?: number | null;
}
/**
 * A message that was found, and the conversation it is in.
 */
export interface MessageHit {
  thread: Thread;
  message_id: string;
  role: Role;
  created_at: number;
  snippet: Snippet;
}
/**
 * A piece of a text, all on one line; `marks` are the places of what was looked for.
 */
export interface Snippet {
  text: string;
  marks: Mark[];
}
/**
 * A part of a branch: before, after or around a message, as in :class:`Snapshot`.
 *
 * `newer` says that newer messages exist on the branch, `elsewhere` that it is not the
 * one being shown (`select` shows it).
 */
export interface MessagePage {
  messages: Message[];
  versions: {
    [k: string]: string[];
  };
  more: boolean;
  newer?: boolean;
  elsewhere?: boolean;
}
/**
 * A model that can be chosen and what it takes; prices are per million tokens.
 *
 * Its window has room for `context_tokens`; what goes in may be limited on its own
 * (`max_input_tokens`).  `shutdown_date` is the first day on which it no longer answers.
 */
export interface Model {
  id: string;
  name: string;
  known?: boolean;
  context_tokens?: number | null;
  max_input_tokens?: number | null;
  max_output_tokens?: number | null;
  efforts?: Effort[];
  default_effort?: Effort | null;
  temperature?: boolean;
  images?: boolean;
  input_price?: number | null;
  output_price?: number | null;
  cached_price?: number | null;
  cache_write_price?: number | null;
  long_context?: LongContext | null;
  shutdown_date?: string | null;
}
/**
 * `default` is the model used where a thread names none; `problem` says why the
 * server's own list could not be had (the catalogue is shown instead).  `gone` are models
 * that conversations may still name, and that have been shut down; `unlisted` are those that
 * this server's administrator describes and the models' server does not list.  `ignored`
 * says what is wrong with what this server's administrator says of models: it is left out.
 */
export interface ModelList {
  models: Model[];
  default: string | null;
  problem?: Problem | null;
  gone?: Model[];
  ignored?: Problem | null;
  unlisted?: Model[];
}
/**
 * All sessions end with it, but the one that asks.
 */
export interface PasswordChange {
  current: string;
  new: string;
}
/**
 * By name; `next` is the `after` of the following page.
 */
export interface PeoplePage {
  people: PersonInfo[];
  next?: string | null;
}
/**
 * Somebody, as administrators see them; what they used is that of this month (UTC).
 */
export interface PersonInfo {
  id: string;
  name: string;
  role: PersonRole;
  state: PersonState;
  made_at: number;
  display_name?: string | null;
  replies?: number;
  tokens?: number;
  cost?: number | null;
  groups?: string[];
}
/**
 * Everybody who has asked something this month, the dearest first; `together` are the
 * limits of all together and of roles, `names` those of the people whom the server knows by
 * one.
 */
export interface PeopleUsage {
  people: PersonUsage[];
  together: Allowance[];
  names?: {
    [k: string]: string;
  };
  more?: boolean;
}
/**
 * What one person's requests took today and this month (UTC), and how many answers of
 * theirs are limited and being made.
 */
export interface PersonUsage {
  user_id: string;
  role: string;
  requests_today: number;
  tokens_today: number;
  cost_today: number;
  requests_month: number;
  tokens_month: number;
  cost_month: number;
  allowances: Allowance[];
}
/**
 * What an administrator changes.
 */
export interface PersonPatch {
  role?: PersonRole;
  state?: PersonState;
  /**
   * @maxItems 20
   */
  groups?: string[];
}
export interface Ping {
  type: 'ping';
  id: string;
}
export interface Pong {
  type: 'pong';
  id: string;
}
/**
 * One's own account.
 */
export interface Profile {
  id: string;
  name: string;
  role: PersonRole;
  display_name?: string | null;
  color?: string | null;
}
/**
 * Changes to one's own account.
 */
export interface ProfilePatch {
  name?: string;
  display_name?: string | null;
  color?: string | null;
  password?: PasswordChange;
}
/**
 * Answer the same question again, as a new version beside the answer `message_id`;
 * or answer the question `message_id`.
 *
 * What `settings` says goes, for this one reply, before what the thread says.
 */
export interface Regenerate {
  type: 'regenerate';
  id: string;
  client_id: string;
  thread_id: string;
  message_id: string;
  settings?: ThreadSettings | null;
}
/**
 * The command `id` (empty where it could not be read) changed nothing.
 */
export interface Rejected {
  type: 'rejected';
  id: string;
  problem: Problem;
}
/**
 * The session goes on; it wants to be renewed again in so many seconds.
 */
export interface Renewed {
  renew_in: number;
}
/**
 * Take back the deletion of `message_id`: just what went with it comes back.
 */
export interface Restore {
  type: 'restore';
  id: string;
  thread_id: string;
  message_id: string;
}
/**
 * What was found, newest first.
 *
 * The first page has the newest few titles, and messages.  `more_titles` and `next`
 * are the cursors of the following pages of either, which hold only those.  A page
 * with `next` may hold fewer messages than asked for, even none: the search has been
 * long enough by then, and goes on from there.
 */
export interface SearchPage {
  titles?: TitleHit[];
  more_titles?: string | null;
  messages?: MessageHit[];
  next?: string | null;
  indexing?: boolean;
}
/**
 * A conversation whose title was found.
 */
export interface TitleHit {
  thread: Thread;
  title: Snippet;
}
/**
 * Show the branch that `message_id` is on (its newest leaf).
 */
export interface Select {
  type: 'select';
  id: string;
  thread_id: string;
  message_id: string;
}
/**
 * Ask.  `parent_id` is the message it follows (`None`: it begins the thread).
 *
 * Asking under an older parent begins a new branch, which is how a question is
 * edited.  `create` makes the thread if it does not exist yet, with `settings`.  What
 * `reply_settings` says goes, for this one reply, before what the thread says.
 * The same `client_id` sent again changes nothing and gets the same answer.
 * With `temporary`, the thread it makes is not kept; with `folder`, it is in that.
 */
export interface Send {
  type: 'send';
  id: string;
  client_id: string;
  thread_id: string;
  parent_id: string | null;
  /**
   * @minItems 1
   * @maxItems 64
   */
  parts: (TextPart | AttachmentPart | ImagePart)[];
  create?: boolean;
  settings?: ThreadSettings | null;
  reply_settings?: ThreadSettings | null;
  temporary?: boolean;
  folder?: string | null;
}
/**
 * A browser that is signed in.
 */
export interface SessionInfo {
  id: string;
  made_at: number;
  used_at: number;
  agent?: string;
  address?: string;
  current?: boolean;
}
/**
 * One's own, the last used first.
 */
export interface SessionList {
  sessions: SessionInfo[];
}
/**
 * Where answers come from for everybody who has set nothing else, as administrators see it.
 * `stored`: one of them has set it; else a file or the server's environment says it, of which
 * nothing more is shown.
 */
export interface SharedSourceInfo {
  source?: Source | null;
  base_url?: string | null;
  api?: Api;
  key_hint?: string | null;
  stored?: boolean;
  problem?: Problem | null;
}
/**
 * A source for everybody.  Without `key` the one that is stored stays, where it is for the
 * same server; `null`: there is none.
 */
export interface SharedSourceOffer {
  source: Source;
  base_url?: string | null;
  api?: Api;
  key?: string | null;
}
/**
 * A thread as it stands after event `seq`: the newest messages of the branch.
 *
 * Events count from the beginning of an `epoch`, which ends with the server, or when
 * nobody looks at the thread any more.  `messages` go from older to newer and end at
 * the leaf; `more` says that older ones exist (fetched over REST).  `versions` maps the
 * id of each message shown that has siblings to the ids of all of them, oldest first.
 * `waiting` says why replies among them wait for their model's server, by message (see
 * :class:`Waiting`).
 * `deleted` is the message that was deleted just now, with all below it.
 * `summaries` are those of the thread, on whichever branch.
 */
export interface Snapshot {
  type: 'snapshot';
  thread_id: string;
  epoch: string;
  seq: number;
  thread: Thread;
  messages: Message[];
  versions: {
    [k: string]: string[];
  };
  more: boolean;
  waiting?: {
    [k: string]: Problem;
  };
  deleted?: string | null;
  summaries?: Summary[];
}
/**
 * Stop a reply; a queued one is taken out of the queue.
 */
export interface Stop {
  type: 'stop';
  id: string;
  thread_id: string;
  message_id: string;
}
/**
 * Follow a thread.
 *
 * Answered with a `snapshot`, or, where `epoch` and `after` name the last event
 * seen and the server still has the rest, with just the events missed.  With
 * `brief`, growing text comes as `More`, and a reply that has grown while
 * one was looking ends without its text being sent again.
 */
export interface Subscribe {
  type: 'subscribe';
  id: string;
  thread_id: string;
  after?: number | null;
  epoch?: string | null;
  brief?: boolean;
}
/**
 * The summary up to a message is new, another one, or (`None`) gone.
 */
export interface SummaryChanged {
  type: 'summary';
  thread_id: string;
  seq: number;
  upto: string;
  summary: Summary | null;
}
/**
 * Another text for a summary; `null`: it is made anew when it is needed.
 */
export interface SummaryPatch {
  text: string | null;
}
/**
 * Sent to every socket of the user.  `thread.deleted_at` set: it is in the trash.
 */
export interface ThreadChanged {
  type: 'thread';
  thread: Thread;
}
/**
 * Sent to every socket of the user: the thread was deleted for good.
 */
export interface ThreadGone {
  type: 'gone';
  thread_id: string;
}
/**
 * Threads, pinned ones first, then newest activity first (the trash: what was
 * deleted last first); `next` is the cursor of the following page.
 */
export interface ThreadPage {
  threads: Thread[];
  next: string | null;
}
/**
 * Changes to a thread; fields left out stay.  `revision` makes it compare-and-set.
 */
export interface ThreadPatch {
  title?: string;
  settings?: ThreadSettings;
  revision?: number;
  pinned?: boolean;
  archived?: boolean;
  /**
   * @maxItems 20
   */
  tags?: string[];
  folder?: string | null;
  temporary?: boolean;
  /**
   * @maxItems 200
   */
  pinned_messages?: string[];
  /**
   * @maxItems 200
   */
  excluded_messages?: string[];
}
export interface Unsubscribe {
  type: 'unsubscribe';
  id: string;
  thread_id: string;
}
/**
 * One's own usage in a span of time: days in their order (those without any are left
 * out), models and threads with the dearest first, of threads the first 100.  `total` is
 * the sum of all.
 */
export interface UsageReport {
  sums: UsageSum[];
  total: UsageSum;
}
/**
 * A reply waits for its model's server and says why; `None`: no longer.
 */
export interface Waiting {
  type: 'waiting';
  thread_id: string;
  seq: number;
  message_id: string;
  problem: Problem | null;
}
/**
 * The first frame of every socket.
 */
export interface Welcome {
  type: 'welcome';
  protocol: number;
  server_version: string;
  epoch: string;
  user: User;
  heartbeat_seconds: number;
  problem?: Problem | null;
}

export const PROTOCOL_VERSION = 1;
export const MAX_FRAME_BYTES = 4194304;
export const HEARTBEAT_SECONDS = 20;
export const ACCESS_SCHEME = 'jupyter-chat-access';
export const SOCKET_PROTOCOL = 'jupyter-chat';
export const ACCESS_PROTOCOL_PREFIX = 'access.';
export type Command =
  | Subscribe
  | Unsubscribe
  | Send
  | Regenerate
  | Continue
  | Stop
  | Select
  | Delete
  | Restore
  | Fork
  | Ping;
export type Event =
  | Welcome
  | Ack
  | Rejected
  | Snapshot
  | MessageChanged
  | Delta
  | Waiting
  | SummaryChanged
  | ThreadChanged
  | ThreadGone
  | Health
  | ImportChanged
  | LibraryChanged
  | Heartbeat
  | Pong
  | Goodbye;
