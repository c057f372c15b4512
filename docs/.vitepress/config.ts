import { defineConfig } from 'vitepress';

const pages = (base: string, names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([name, text]) => ({ text, link: `${base}/${name}` }));

const sidebar = (base: string, words: Readonly<Record<string, string>>, guide: Readonly<Record<string, string>>) => [
  { text: words['guide'] ?? '', items: pages(`${base}/guide`, guide) },
  {
    text: words['reference'] ?? '',
    items: pages(`${base}/reference`, {
      'study-file': words['studyFile'] ?? '',
      samplers: words['samplers'] ?? '',
      pruners: words['pruners'] ?? '',
      schedulers: words['schedulers'] ?? '',
      cli: words['cli'] ?? '',
      settings: words['settings'] ?? '',
      environment: words['environment'] ?? '',
    }),
  },
  {
    text: words['api'] ?? '',
    collapsed: true,
    items: [
      { text: words['overview'] ?? '', link: '/api/' },
      { text: 'tuneboard', link: '/api/library/' },
      { text: 'tuneboard/trainer', link: '/api/trainer/' },
    ],
  },
  {
    text: words['storages'] ?? '',
    items: pages('/storages', {
      '': words['overview'] ?? '',
      servers: 'PostgreSQL, MySQL, MariaDB',
      redis: 'Redis',
      proxy: 'gRPC proxy',
    }),
  },
  {
    text: words['clusters'] ?? '',
    items: pages('/clusters', { '': words['overview'] ?? '', ray: 'Ray', slurm: 'Slurm' }),
  },
  {
    text: words['more'] ?? '',
    items: pages('', {
      benchmarks: words['benchmarks'] ?? '',
      scaling: words['scaling'] ?? '',
      limits: words['limits'] ?? '',
      architecture: words['architecture'] ?? '',
    }),
  },
];

const english = sidebar(
  '',
  {
    guide: 'Guide',
    reference: 'Reference',
    studyFile: 'Study file',
    samplers: 'Samplers',
    pruners: 'Pruners',
    schedulers: 'Schedulers',
    cli: 'Command line',
    settings: 'Settings and commands',
    environment: 'Environment variables',
    api: 'API',
    storages: 'Storages',
    clusters: 'Clusters',
    overview: 'Overview',
    more: 'More',
    benchmarks: 'Benchmarks',
    scaling: 'Scaling',
    limits: 'Limits',
    architecture: 'Architecture',
  },
  {
    'first-study': 'First study',
    'your-script': 'Your script',
    'edited-study': 'Editing a study',
    'failed-trials': 'When a trial fails',
    'optuna-script': 'An Optuna script',
    'any-command': 'Any command',
    'other-tuners': 'Other tuners',
    'insert-best': 'Insert the best',
    board: 'The board',
    'many-machines': 'Many machines',
    trainer: 'The trainer',
    library: 'The library',
  },
);

const chinese = sidebar(
  '/zh',
  {
    guide: '指南',
    reference: '参考',
    studyFile: '研究文件',
    samplers: '采样器',
    pruners: '剪枝器',
    schedulers: '调度器',
    cli: '命令行',
    settings: '设置与命令',
    environment: '环境变量',
    api: 'API（英文）',
    storages: '存储（英文）',
    clusters: '集群（英文）',
    overview: '概览',
    more: '更多（英文）',
    benchmarks: '基准测试',
    scaling: '规模',
    limits: '限制',
    architecture: '架构',
  },
  {
    'first-study': '第一个研究',
    'your-script': '你的脚本',
    'edited-study': '修改研究',
    'failed-trials': '当试验失败时',
    'optuna-script': 'Optuna 脚本',
    'any-command': '任意命令',
    'other-tuners': '其他调参工具',
    'insert-best': '写回最佳参数',
    board: '看板',
    'many-machines': '多台机器',
    trainer: '训练器',
    library: '库',
  },
);

/** Dead links are errors: nothing is ignored. */
export default defineConfig({
  title: 'Tuneboard',
  description: 'Hyperparameter studies in your editor.',
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    // Braces in code are no templates.
    config(md) {
      const inline = md.renderer.rules.code_inline;
      md.renderer.rules.code_inline = (tokens, index, ...rest) => {
        tokens[index]?.attrSet('v-pre', '');
        return inline?.(tokens, index, ...rest) ?? '';
      };
    },
  },
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        // The guide and the reference before the API.
        miniSearch: { searchOptions: { boostDocument: (id: string) => (id.includes('/api/') ? 0.2 : 1) } },
        locales: {
          zh: {
            translations: {
              button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
              modal: {
                noResultsText: '没有结果：',
                resetButtonTitle: '清除',
                footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
              },
            },
          },
        },
      },
    },
  },
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      themeConfig: {
        nav: [
          { text: 'Guide', link: '/guide/first-study' },
          { text: 'Reference', link: '/reference/study-file' },
          { text: 'API', link: '/api/' },
        ],
        sidebar: english,
      },
    },
    zh: {
      label: '简体中文',
      lang: 'zh-CN',
      themeConfig: {
        nav: [
          { text: '指南', link: '/zh/guide/first-study' },
          { text: '参考', link: '/zh/reference/study-file' },
          { text: 'API', link: '/api/' },
        ],
        sidebar: chinese,
        docFooter: { prev: '上一页', next: '下一页' },
        outline: { label: '本页内容' },
        darkModeSwitchLabel: '外观',
        sidebarMenuLabel: '菜单',
        returnToTopLabel: '回到顶部',
      },
    },
  },
});
