import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** How close to the end counts as the end, in CSS pixels. */
export const SLACK = 48;

/** What a list that follows its end needs to know and to say. */
export interface FollowEnd {
  /** The scrolled element, and the one inside whose height changes. */
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** Whether the end is in view, and stays so. */
  readonly isFollowing: boolean;
  readonly toEnd: () => void;
}

/**
 * Follows the end of a list while the reader is there, and leaves a reader who
 * scrolled up where they are. written changes with each message of the reader's
 * own, which always brings the end into view.
 */
export function useFollowEnd(length: number, written: number): FollowEnd {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const lastWritten = useRef(written);
  const last = useRef({ top: 0, height: 0 });
  const [isFollowing, setIsFollowing] = useState(true);
  const isEmpty = length === 0;

  const pin = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    if (following.current) element.scrollTop = element.scrollHeight;
    last.current = { top: element.scrollTop, height: element.scrollHeight };
  }, []);
  const toEnd = useCallback(() => {
    following.current = true;
    setIsFollowing(true);
    pin();
  }, [pin]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      const { top, height } = last.current;
      last.current = { top: scrollTop, height: scrollHeight };
      // Up in a list that is as high as before goes only the reader; else rows
      // turned out higher or lower than they were taken for.
      if (scrollHeight - clientHeight - scrollTop <= SLACK) following.current = true;
      else if (scrollTop < top - 1 && scrollHeight === height) following.current = false;
      else pin();
      setIsFollowing(following.current);
    };
    const resized = new ResizeObserver(pin);
    element.addEventListener("scroll", onScroll, { passive: true });
    resized.observe(element);
    if (!isEmpty && content.current) resized.observe(content.current);
    return () => {
      element.removeEventListener("scroll", onScroll);
      resized.disconnect();
    };
  }, [pin, isEmpty]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer list has another end
  useLayoutEffect(() => {
    if (written !== lastWritten.current) {
      following.current = true;
      setIsFollowing(true);
    }
    lastWritten.current = written;
    pin();
  }, [length, written, pin]);

  return { scroller, content, isFollowing, toEnd };
}
