import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import { io, type Socket } from "socket.io-client";

interface SocketContext {
  sendMessage(text: string): void;
  readonly messages: readonly string[];
}

const Context = createContext<SocketContext | null>(null);

export function useSocket(): SocketContext {
  const value = useContext(Context);
  if (value === null) throw new Error("useSocket is called outside of SocketProvider");
  return value;
}

/** Connects as the deployment's page does: to a written-out address, in an effect. */
export function SocketProvider({ children }: { readonly children: ReactNode }) {
  const [socket, setSocket] = useState<Socket>();
  const [messages, setMessages] = useState<readonly string[]>([]);

  useEffect(() => {
    const connection = io("http://localhost:8000");
    connection.on("message", (argument: string) => {
      const { message } = JSON.parse(argument) as { message: string };
      setMessages((before) => [...before, message]);
    });
    setSocket(connection);
    return () => {
      connection.disconnect();
      setSocket(undefined);
    };
  }, []);

  const sendMessage = useCallback(
    (message: string) => socket?.emit("event:message", { message }),
    [socket],
  );
  const value = useMemo(() => ({ sendMessage, messages }), [sendMessage, messages]);
  return <Context value={value}>{children}</Context>;
}
