// The REST API as the tests use it to prepare things and to look behind the screens.
export class Client {
  private token = "";

  constructor(readonly origin: string) {}

  async login(login: string, password: string): Promise<this> {
    const session = await this.call<{ token: string }>("POST", "/session", { login, password });
    this.token = session.token;
    return this;
  }

  get bearer(): string {
    return this.token;
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>("GET", path);
  }

  async call<T>(method: string, path: string, body?: unknown, type = "application/json"): Promise<T> {
    const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": type };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const response = await fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }
}
