import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export interface Certificates {
  /** PEM, all of them. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

type Keys = Awaited<ReturnType<typeof makeKeys>>;

/** A certificate authority that lives as long as the server, and a certificate of it: for localhost and 127.0.0.1, unless wrong. */
export async function makeCertificates(wrong?: "expired" | "elsewhere"): Promise<Certificates> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const caKeys = await makeKeys();
  const keys = await makeKeys();
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Curlew throw-away CA",
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const cert = await x509.X509CertificateGenerator.create({
    subject: "CN=localhost",
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity,
    ...(wrong === "expired" ? { notAfter: new Date(Date.now() - DAY_MS / 2) } : {}),
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        wrong === "elsewhere"
          ? [{ type: "dns", value: "elsewhere.test" }]
          : [
              { type: "dns", value: "localhost" },
              { type: "ip", value: "127.0.0.1" },
            ],
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  return { ca: ca.toString("pem"), cert: cert.toString("pem"), key: await toPem(keys) };
}

function makeKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function toPem(keys: Keys): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}
