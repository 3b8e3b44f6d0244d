import type { RemoteFile } from './download-file.js'

const md5 = (url: string, digest: string): RemoteFile => ({ url, checksum: { algorithm: 'md5', digest } })

// MD5 is what the publishers give; it guards against damage here, not against an attacker.
// None of these files could be fetched when this was written. The sums of MNIST and Fashion-MNIST are those that
// torchvision checks (torchvision/datasets/mnist.py), Fashion-MNIST's are also in its README; the sums of CIFAR are
// from memory of its page, and agree with several public programs that check them.
const mnist = 'https://ossci-datasets.s3.amazonaws.com/mnist/'
const fashion = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/'
const cifar = 'https://www.cs.toronto.edu/~kriz/'

/** The four files of each set in MNIST's format. */
export const mnistSources: Readonly<Record<'mnist' | 'fashion-mnist', readonly RemoteFile[]>> = {
  mnist: [
    md5(`${mnist}train-images-idx3-ubyte.gz`, 'f68b3c2dcbeaaa9fbdd348bbdeb94873'),
    md5(`${mnist}train-labels-idx1-ubyte.gz`, 'd53e105ee54ea40749a09fcbcd1e9432'),
    md5(`${mnist}t10k-images-idx3-ubyte.gz`, '9fb629c4189551a2d022fa330f9573f3'),
    md5(`${mnist}t10k-labels-idx1-ubyte.gz`, 'ec29112dd5afa0611ce80d1b7f02629c'),
  ],
  'fashion-mnist': [
    md5(`${fashion}train-images-idx3-ubyte.gz`, '8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
    md5(`${fashion}train-labels-idx1-ubyte.gz`, '25c81989df183df01b3e8a0aad5dffbe'),
    md5(`${fashion}t10k-images-idx3-ubyte.gz`, 'bef4ecab320f06d8554ea6380940ec79'),
    md5(`${fashion}t10k-labels-idx1-ubyte.gz`, 'bb300cfdad3c16e7a12a480ee83cd310'),
  ],
}

/** The archive of each set. */
export const cifarSources: Readonly<Record<'cifar10' | 'cifar100', RemoteFile>> = {
  cifar10: md5(`${cifar}cifar-10-binary.tar.gz`, 'c32a1d4ab5d03f1284b67883e8d87530'),
  cifar100: md5(`${cifar}cifar-100-binary.tar.gz`, '03b5dce01913d631647c71ecec9e9cb8'),
}
