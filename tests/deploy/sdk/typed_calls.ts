// Calls that must compile against the generated types, and mistakes that must not.
import { funding, intake, type IntakePaths } from "./index";

type Declaration =
  IntakePaths["/v1/declarations/{declaration_id}"]["get"]["responses"]["200"]["content"]["application/json"];

export async function submit(id: string, token: string): Promise<Declaration | undefined> {
  const client = intake({ baseUrl: "/", headers: { authorization: `Bearer ${token}` } });
  const path = { declaration_id: id };
  const header = { "idempotency-key": crypto.randomUUID(), "if-match": '"1"' };
  const { error } = await client.POST("/v1/declarations/{declaration_id}/submit", { params: { path, header } });
  if (error) {
    throw new Error(error.errors.map((each) => `${each.pointer} ${each.detail}`).join());
  }
  // @ts-expect-error Idempotency-Key and If-Match are required
  await client.POST("/v1/declarations/{declaration_id}/submit", { params: { path } });
  // @ts-expect-error If-Match is required
  await client.PATCH("/v1/declarations/{declaration_id}", { params: { path }, body: {} });
  const query = { stage: ["submitted" as const], sort: "-updated_at" as const, include_total: true };
  const page = await client.GET("/v1/declarations", { params: { query } });
  // @ts-expect-error no declaration is in such a stage
  await client.GET("/v1/declarations", { params: { query: { stage: ["nowhere"] } } });
  const total: number | null | undefined = page.data?.total;
  return total ? page.data?.items.find((each) => each.id === id) && (await read(client, id)) : undefined;
}

async function read(client: ReturnType<typeof intake>, id: string): Promise<Declaration | undefined> {
  return (await client.GET("/v1/declarations/{declaration_id}", { params: { path: { declaration_id: id } } })).data;
}

export async function awards(): Promise<string[]> {
  const { data } = await funding({ baseUrl: "/" }).GET("/v1/applications", { params: { query: { limit: 200 } } });
  return (data?.items ?? []).flatMap((each) => (each.amounts ?? []).map((amount) => `${amount.label} ${amount.yuan}`));
}
