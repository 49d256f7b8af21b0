/**
 * The files that ONNX Runtime's CUDA provider is made of, each pinned by its SHA-256: whatever an index, a mirror or a
 * folder delivers under these names is taken only when it is byte for byte what is written here.
 */

/** A file inside a wheel. */
export interface PinnedMember {
  /** path in the wheel */
  readonly path: string;
  /** path that it gets in the CUDA folder */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** other builds of the same release that are taken from a folder as well */
  readonly equivalents?: readonly PinnedContent[];
}

export interface PinnedContent {
  readonly bytes: number;
  readonly sha256: string;
}

export interface PinnedWheel extends PinnedContent {
  /** name of the project on a package index, normalised */
  readonly project: string;
  readonly version: string;
  readonly file: string;
  readonly members: readonly PinnedMember[];
}

export interface PinnedSet {
  /** Version of ONNX Runtime that the provider belongs to: it must be that of onnxruntime-node. */
  readonly onnxruntime: string;
  /** ONNX Runtime's core and its CUDA provider */
  readonly runtime: PinnedWheel;
  /** what the provider needs of CUDA 13; a toolkit on the machine can take their place */
  readonly toolkit: readonly PinnedWheel[];
  /** file names of the libraries, in the order in which a process loads them */
  readonly loadOrder: readonly string[];
}

/** NVIDIA's wheels carry one and the same licence. */
const nvidiaLicence = (project: string, distribution: string): PinnedMember => ({
  path: `${distribution}.dist-info/licenses/License.txt`,
  file: `licenses/${project}/License.txt`,
  bytes: 59_262,
  sha256: 'ad6f5853fba0ca0d159d0f58d49ae49830c2f8c93f7a92648b9ce90adb4c6ccd',
});

/** The provider was built with CUDA 13.0, so these are the libraries of CUDA 13.0. Linux on x86-64. */
export const CUDA_LIBRARIES: PinnedSet = {
  onnxruntime: '1.30.0',
  runtime: {
    project: 'onnxruntime-gpu',
    version: '1.30.0',
    file: 'onnxruntime_gpu-1.30.0-cp312-cp312-manylinux_2_28_x86_64.whl',
    bytes: 246_685_715,
    sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
    members: [
      {
        path: 'onnxruntime/capi/libonnxruntime.so.1.30.0',
        file: 'libonnxruntime.so.1.30.0',
        bytes: 29_062_976,
        sha256: '5a140dc17c8b60b35b2ceab0bb533e65ac54f06a208948417c1f9c31df6afc4c',
      },
      {
        path: 'onnxruntime/capi/libonnxruntime_providers_shared.so',
        file: 'libonnxruntime_providers_shared.so',
        bytes: 14_632,
        sha256: '086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d',
      },
      {
        path: 'onnxruntime/capi/libonnxruntime_providers_cuda.so',
        file: 'libonnxruntime_providers_cuda.so',
        bytes: 272_049_904,
        sha256: '35da2e7ed0dd0d1aec5cdb16ce11a51d06c0c48cf62d1b1c9332946a4fae14fc',
        // The release's wheels for other versions of Python: equal cores, providers compiled one by one.
        equivalents: [
          { bytes: 272_049_904, sha256: '9d7587acb137b31bf84e4d32dc444b969bb601d098b01395effcacfe4341e364' }, // 3.11
          { bytes: 272_054_000, sha256: 'afd77f8d1e05544456476e244601ff08d444ff90921d6d73b2066c124f109bd2' }, // 3.13
          { bytes: 272_054_000, sha256: '0eb25d39348154516b638e792c9b30a5a91bbf7b72c2e09d3f68ada716ee6ce8' }, // 3.14
        ],
      },
      {
        path: 'onnxruntime/LICENSE',
        file: 'licenses/onnxruntime-gpu/LICENSE',
        bytes: 1_073,
        sha256: '2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c',
      },
      {
        path: 'onnxruntime/ThirdPartyNotices.txt',
        file: 'licenses/onnxruntime-gpu/ThirdPartyNotices.txt',
        bytes: 338_088,
        sha256: '143764b952fdb1a7c69ce653bfba74a7744d6a8a573bfb73e235fba356c83de3',
      },
    ],
  },
  toolkit: [
    {
      project: 'nvidia-cuda-runtime',
      version: '13.0.96',
      file: 'nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      bytes: 2_243_632,
      sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
      members: [
        {
          path: 'nvidia/cu13/lib/libcudart.so.13',
          file: 'libcudart.so.13',
          bytes: 704_288,
          sha256: '96c42e418cec19054186b9429c321603cc190bf26a18104e19408117a2a817b0',
        },
        nvidiaLicence('nvidia-cuda-runtime', 'nvidia_cuda_runtime-13.0.96'),
      ],
    },
    {
      project: 'nvidia-cublas',
      version: '13.1.0.3',
      file: 'nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 423_133_236,
      sha256: 'ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171',
      members: [
        {
          path: 'nvidia/cu13/lib/libcublas.so.13',
          file: 'libcublas.so.13',
          bytes: 54_177_976,
          sha256: 'e70f38efabe986acd5eb683497c62f0f1730a6176ee291d9d24c6e339d1fbf86',
        },
        {
          path: 'nvidia/cu13/lib/libcublasLt.so.13',
          file: 'libcublasLt.so.13',
          bytes: 541_595_600,
          sha256: '656298c804f5adbb0df930545c17911b9584ab4e5101c0eeb65d1fe881d880f8',
        },
        nvidiaLicence('nvidia-cublas', 'nvidia_cublas-13.1.0.3'),
      ],
    },
    {
      project: 'nvidia-curand',
      version: '10.4.0.35',
      file: 'nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 59_544_258,
      sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
      members: [
        {
          path: 'nvidia/cu13/lib/libcurand.so.10',
          file: 'libcurand.so.10',
          bytes: 132_698_328,
          sha256: 'b53732a66b302b11926e00f762e2c2ba67058347ff93cf4ae709de45e93e06da',
        },
        nvidiaLicence('nvidia-curand', 'nvidia_curand-10.4.0.35'),
      ],
    },
  ],
  loadOrder: ['libcudart.so.13', 'libcublasLt.so.13', 'libcublas.so.13', 'libcurand.so.10', 'libonnxruntime.so.1.30.0'],
};

/** All wheels of a set. */
export function wheelsOf(set: PinnedSet): PinnedWheel[] {
  return [set.runtime, ...set.toolkit];
}

/** Members that are libraries; the others are licences, which nothing loads. */
export function librariesOf(wheels: readonly PinnedWheel[]): PinnedMember[] {
  return wheels.flatMap(({ members }) => members.filter(({ file }) => !file.startsWith('licenses/')));
}
