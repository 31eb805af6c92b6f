// How a storage_config is told: { type: "aws", bucket: "tapes", path: "in" } → "Amazon S3, tapes/in".
export const NAMES = {
  aws: "Amazon S3", cloudflare: "Cloudflare R2", digitalocean: "DigitalOcean Spaces", azure: "Azure Blob Storage",
  gcs: "Google Cloud Storage", sftp: "SFTP server",
};

export function told(storage) {
  const where = [storage.host ?? storage.bucket, storage.path].filter(Boolean).join("/").replaceAll("//", "/");
  return `${NAMES[storage.type] ?? storage.type}, ${where}`;
}
