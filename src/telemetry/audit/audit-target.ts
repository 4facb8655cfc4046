/** Receivers of the audit log on the network. */

export type RemoteTarget = SyslogTarget | OtlpTarget;

export interface OtlpTarget {
  readonly kind: "otlp";
  readonly protocol: "grpc" | "http/protobuf" | "http/json";
  readonly version: string;
}

export type SyslogTarget = { readonly kind: "syslog" } & (
  | { readonly transport: "unix"; readonly path: string }
  | { readonly transport: "udp" | "tcp"; readonly host: string; readonly port: number }
  | { readonly transport: "tls"; readonly host: string; readonly port: number; readonly tls: SyslogTls }
);

/** Files in PEM: authorities of the receiver, and the certificate that Tollgate shows to it. */
interface SyslogTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}
