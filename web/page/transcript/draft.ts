/** The message before it is sent: attaches an image, and sends both. */
import type { LiveTalk } from "../../client/index.ts";
import type { Journal } from "../drawer/journal.ts";
import type { Store } from "../shell/store.ts";
import { isOpen } from "../talk/talk-words.ts";
import { isImage } from "./images.ts";

const BAD_IMAGE = { code: "bad-image", violated: [] };

export class Draft {
  constructor(
    private readonly store: Store,
    private readonly talk: LiveTalk,
    private readonly journal: Journal,
  ) {}

  /** Attach an image, in place of the one before. Any other file is a notice. */
  attach(blob: Blob, name: string): void {
    if (!isOpen(this.talk.state)) return;
    this.detach();
    if (!isImage(blob)) return this.store.change({ notice: BAD_IMAGE });
    this.store.change({ attached: { blob, name, url: URL.createObjectURL(blob) } });
  }

  /** Remove the image, and free its preview. */
  detach(): void {
    const attached = this.store.signedIn?.attached;
    if (attached !== undefined) URL.revokeObjectURL(attached.url);
    this.store.change({ attached: undefined });
  }

  /** Send the image first and then the text, so that Gemini answers about both. */
  send(text: string): void {
    const image = this.store.signedIn?.attached?.blob;
    this.detach();
    this.journal.asked();
    void (image === undefined ? Promise.resolve() : this.talk.sendImage(image))
      .catch(() => this.store.change({ notice: BAD_IMAGE }))
      .then(() => this.talk.sendText(text))
      .catch(() => {}); // the talk has ended meanwhile, and the page says so
  }
}
