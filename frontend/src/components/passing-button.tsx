"use client";

import { type ComponentPropsWithoutRef, useLayoutEffect, useRef } from "react";
import { focusComposer } from "./focus";

/**
 * A button that goes once it has done its work, or once there is nothing to do.
 * The focus goes from it to the composer, not to the top of the page.
 */
export function PassingButton(props: ComponentPropsWithoutRef<"button">) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { current } = button;
    return () => {
      if (current !== null && current === document.activeElement) focusComposer();
    };
  }, []);
  return <button ref={button} type="button" {...props} />;
}
