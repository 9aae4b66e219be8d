import type { LucideIcon } from "lucide-react";
import type { ComponentPropsWithRef } from "react";

/** A button that is an icon, with a label for those who do not see it. */
export function IconButton({
  icon: Icon,
  label,
  className = "",
  ...props
}: ComponentPropsWithRef<"button"> & { readonly icon: LucideIcon; readonly label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`grid size-9 shrink-0 cursor-pointer place-content-center rounded-lg text-muted hover:bg-hover hover:text-ink ${className}`}
      {...props}
    >
      <Icon aria-hidden="true" className="size-[18px]" />
    </button>
  );
}
