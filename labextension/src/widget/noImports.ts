// Nothing is imported by a widget: this stands for `chat/state/exchange.ts`, which does that.

import type { Rest } from '../chat/client/rest';
import type { ServerSettings } from '../chat/client/server';
import type { Problem } from '../chat/protocol';
import { type ExportFormat, saveExport } from '../chat/state/exporting';

export const noExchange = {
  progress: null,
  interrupted: false,
  sending: false,
  problem: null
};

export class TakingAlong {
  constructor(
    _store: unknown,
    private readonly rest: Rest,
    private readonly server: ServerSettings
  ) {}

  export(format: ExportFormat, threadId: string | null): Promise<Problem | null> {
    return saveExport(this.rest, this.server, format, threadId);
  }

  take(): void {
    // of no interest here
  }
}
