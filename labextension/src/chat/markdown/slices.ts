// Work that can wait, done in slices that leave the page free to answer.

const SLICE_MS = 8;

const jobs = new Set<() => void>();
let scheduled = false;

/** Do a small job soon after what it needs has come; returns what calls it off. */
export function soon<T>(needed: Promise<T>, job: (value: T) => void): () => void {
  let calledOff = false;
  void needed.then(value => {
    jobs.add(() => {
      if (!calledOff) {
        job(value);
      }
    });
    schedule();
  });
  return () => {
    calledOff = true;
  };
}

function schedule(): void {
  if (!scheduled) {
    scheduled = true;
    setTimeout(runSlice, 0);
  }
}

function runSlice(): void {
  scheduled = false;
  const end = performance.now() + SLICE_MS;
  for (const job of jobs) {
    jobs.delete(job);
    job();
    if (performance.now() >= end) {
      break;
    }
  }
  if (jobs.size > 0) {
    schedule();
  }
}
