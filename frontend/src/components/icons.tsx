const icon = {
  viewBox: "0 0 24 24",
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 2,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;

export function SendIcon({ className }: { readonly className: string }) {
  return (
    <svg {...icon} aria-hidden="true" className={className}>
      <path d="M12 19V5M6 11l6-6 6 6" />
    </svg>
  );
}

export function BubbleIcon({ className }: { readonly className: string }) {
  return (
    <svg {...icon} aria-hidden="true" className={className}>
      <path d="M4 5h16v11H11l-4 4v-4H4z" />
    </svg>
  );
}
