import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const alibaba = {
  id: 'alibaba',
  label: 'Alibaba Cloud Model Studio',
  // https://www.alibabacloud.com/help/en/model-studio/base-url (Singapore; a key works in its own region only)
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  wires: [openaiChatWire],
  onDisconnect: 'drain',
  // https://www.alibabacloud.com/help/en/model-studio/qwen-api-reference
  boundName: 'max_tokens',
  // https://help.aliyun.com/zh/model-studio/web-search
  unpriced: { fields: ['enable_search', 'search_options'] },
} satisfies ProviderSpec;
