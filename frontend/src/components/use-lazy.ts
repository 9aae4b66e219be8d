import { type ComponentType, useState } from "react";

/** A part of the page that opens, and is fetched when it is first wanted. */
export interface Lazy<P> {
  /** Undefined until it is here. */
  readonly Part: ComponentType<P> | undefined;
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
  /** What the button that opens it needs. */
  readonly triggerProps: {
    readonly onClick: () => void;
    readonly onPointerEnter: () => void;
    readonly onFocus: () => void;
  };
}

/**
 * A part that load brings. It is fetched when the reader comes near its button,
 * so that it is there when they press it, and no page waits for it to start.
 */
export function useLazy<P>(load: () => Promise<{ default: ComponentType<P> }>): Lazy<P> {
  const [Part, setPart] = useState<ComponentType<P>>();
  const [open, setOpen] = useState(false);
  const fetch = (then?: () => void) => {
    load().then(
      (module) => {
        setPart(() => module.default);
        then?.();
      },
      () => {}, // without a connection: the next press tries again
    );
  };
  const onNear = () => {
    if (Part === undefined) fetch();
  };
  const onClick = () => {
    // What is not here cannot be open: a press that brought nothing leaves it closed.
    if (Part !== undefined) setOpen(!open);
    else fetch(() => setOpen(true));
  };
  return {
    Part,
    open,
    setOpen,
    triggerProps: { onClick, onPointerEnter: onNear, onFocus: onNear },
  };
}
