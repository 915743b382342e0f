/** Lines of the transcript: what was said, what tools did, and sources of an answer. */
import type { Source, ToolArguments, TranscriptEntry } from "../../client/index.ts";

export type Line =
  | { readonly kind: "said"; readonly key: string; readonly entry: TranscriptEntry }
  | {
      readonly kind: "tool";
      readonly key: string;
      readonly name: string;
      readonly args: ToolArguments;
      readonly status: "running" | "done" | "failed" | "cancelled";
    }
  | {
      readonly kind: "sources";
      readonly key: string;
      readonly queries: readonly string[];
      readonly sources: readonly Source[];
    }
  | { readonly kind: "note"; readonly key: string; readonly note: Note };

export type Note = "reconnected" | "resumed" | "forgot" | "unanswered" | "silent";

/** Replace the line with the same key, or append it. */
export function withLine(lines: readonly Line[], line: Line): readonly Line[] {
  const at = lines.findIndex(({ key }) => key === line.key);
  return at < 0 ? [...lines, line] : lines.with(at, line);
}

export function said(entry: TranscriptEntry): Line {
  return { kind: "said", key: `said-${entry.id}`, entry };
}

export function noted(note: Note, count: number): Line {
  return { kind: "note", key: `note-${count}`, note };
}

export function toolCalled(id: string, name: string, args: ToolArguments): Line {
  return { kind: "tool", key: `tool-${id}`, name, args, status: "running" };
}

/** Mark how a call ended; an unknown call changes nothing. */
export function toolEnded(
  lines: readonly Line[],
  id: string,
  status: "done" | "failed" | "cancelled",
): readonly Line[] {
  return lines.map((line) =>
    line.kind === "tool" && line.key === `tool-${id}` ? { ...line, status } : line,
  );
}

/** Only http and https addresses. */
export function found(key: string, queries: readonly string[], sources: readonly Source[]): Line {
  return { kind: "sources", key, queries, sources: sources.filter(({ uri }) => isWebPage(uri)) };
}

function isWebPage(uri: string): boolean {
  return URL.canParse(uri) && ["https:", "http:"].includes(new URL(uri).protocol);
}

/** Whether a line is shown. With captions off, speech is not. */
export function isShown(line: Line, captions: boolean): boolean {
  return captions || line.kind !== "said" || line.entry.kind !== "speech";
}
