/**
 * Takes images dropped on the page, or pasted outside the text box. Returns a function that stops it.
 */
export function followImages(attach: (file: Blob, name: string) => void): () => void {
  const over = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  };
  // For any file, because a browser would leave the page, and the talk, to show it.
  const take = (event: Event, files: FileList | undefined): void => {
    const file = [...(files ?? [])].find(isImage) ?? files?.[0];
    if (file === undefined || event.defaultPrevented) return;
    event.preventDefault();
    attach(file, file.name);
  };
  const drop = (event: DragEvent): void => take(event, event.dataTransfer?.files);
  const paste = (event: ClipboardEvent): void => take(event, event.clipboardData?.files);

  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  document.addEventListener("paste", paste);
  return () => {
    document.removeEventListener("dragover", over);
    document.removeEventListener("drop", drop);
    document.removeEventListener("paste", paste);
  };
}

export function isImage({ type }: Blob): boolean {
  return type.startsWith("image/");
}
