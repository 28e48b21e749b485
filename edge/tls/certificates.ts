// What the ingress has to ask about certificates, in its own words: whose is this name?

/** PEM; the chain begins with the server's own certificate. The object is the identity: contexts are kept by it. */
export interface Certificate {
  readonly chain: string
  readonly key: string
}

export interface Certificates {
  /**
   * The certificate for a name as TLS clients send it (lower case, no final dot), or for a client that sends none.
   * Undefined refuses the handshake, and must be cheap: anybody may ask for any name.
   */
  find(serverName: string | undefined): Certificate | undefined | Promise<Certificate | undefined>
  /** The answer to a running TLS-ALPN-01 challenge for the name (RFC 8737); undefined when there is none. */
  challenge?(serverName: string): Certificate | undefined | Promise<Certificate | undefined>
}
