import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';

import { CreateUserDto, ListUsersDto, UpdateUserDto } from './user.dto';
import { User } from './user.entity';

@Injectable()
export class UsersService {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  async findAll({ email, offset, limit }: ListUsersDto) {
    const [items, total] = await this.users.findAndCount({
      where: email ? { email } : {},
      order: { id: 'ASC' },
      skip: offset,
      take: limit,
    });
    return { items, total, offset, limit };
  }

  async findOne(id: number) {
    const user = await this.users.findOneBy({ id });
    if (!user) {
      throw new NotFoundException(`User with id ${id} not found`);
    }
    return user;
  }

  async create(data: CreateUserDto) {
    await this.refuseTaken(data.email);
    return this.users.save(this.users.create(data));
  }

  async update(id: number, data: UpdateUserDto) {
    const user = await this.findOne(id);
    if (data.email && data.email !== user.email) {
      await this.refuseTaken(data.email);
    }
    return this.users.save(this.users.merge(user, data));
  }

  async remove(id: number) {
    await this.users.remove(await this.findOne(id));
  }

  private async refuseTaken(email: string) {
    if (await this.users.existsBy({ email })) {
      throw new ConflictException('Email already exists');
    }
  }
}
