export interface Served {
  readonly url: string;
  close(): void;
}
export function serve(): Promise<Served>;
