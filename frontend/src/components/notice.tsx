import { PassingButton } from "./passing-button";

/** Something that the reader should know and need not answer, laid over the list's end. */
export function Notice(props: { readonly text: string; readonly onDismiss: () => void }) {
  return (
    <div
      role="alert"
      className="flex items-start gap-3 fade-in rounded-xl border border-bad bg-bad-surface px-4 py-2.5 text-sm shadow-lg"
    >
      <p className="flex-1 text-bad wrap-anywhere">{props.text}</p>
      <PassingButton
        onClick={props.onDismiss}
        className="min-h-6 cursor-pointer font-medium text-accent underline-offset-4 hover:underline"
      >
        Dismiss
      </PassingButton>
    </div>
  );
}
