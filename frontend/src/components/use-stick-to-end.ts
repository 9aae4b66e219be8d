import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { isAtEnd } from "@/chat/scroll";

/** What a list that follows its end needs to know and to say. */
export interface StickToEnd {
  /** The scrolled element. */
  readonly ref: RefObject<HTMLElement | null>;
  /** How many arrivals are below what the reader looks at. */
  readonly unseen: number;
  readonly toEnd: () => void;
}

/**
 * Follows the end of a list while the reader is there, and leaves a reader who
 * scrolled up where they are. received counts arrivals; own changes with what
 * the reader writes, which always brings the end into view.
 */
export function useStickToEnd(received: number, own: number): StickToEnd {
  const ref = useRef<HTMLElement>(null);
  const following = useRef(true);
  const lastOwn = useRef(own);
  const [seen, setSeen] = useState(0);
  const [isFollowing, setIsFollowing] = useState(true);

  const toEnd = useCallback(() => {
    const element = ref.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const onScroll = () => {
      following.current = isAtEnd(element);
      setIsFollowing(following.current);
    };
    const onResize = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    element.addEventListener("scroll", onScroll, { passive: true });
    onResize.observe(element);
    return () => {
      element.removeEventListener("scroll", onScroll);
      onResize.disconnect();
    };
  }, [toEnd]);

  useLayoutEffect(() => {
    if (own > lastOwn.current) following.current = true;
    lastOwn.current = own;
    if (following.current) toEnd();
  });

  useEffect(() => {
    if (isFollowing) setSeen(received);
  }, [isFollowing, received]);

  return { ref, unseen: isFollowing ? 0 : received - seen, toEnd };
}
