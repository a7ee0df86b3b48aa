// @{path}, for Next.js
import { handlers } from "@/auth"

export const { GET, POST } = handlers
