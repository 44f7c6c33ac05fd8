/** What the doctor finds. */

/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly status: 'good' | 'note' | 'bad';
  readonly detail: string;
}
